import ControllerRuntime
import KubernetesModel
import LanyardControllers
import TestSupport

/// The pods and nodes of a history, as they really are; caches learn of them when the history lets them.
struct SimulatedPods: Equatable {
    /// One pod.
    struct Pod: Equatable {
        var namespace: String
        var name: String
        var account: String
        var node: String
        var team: String?
        var isDone = false
    }

    /// Agents serve the first two of them.
    static let nodes = ["node-1", "node-2", "node-3"]

    var pods: [Pod] = []
    private var created = 0

    /// Something happens to a pod.
    ///
    /// - Returns: what, for the trace.
    mutating func churn(using random: inout SplitMix64) -> String {
        if pods.isEmpty || pods.count < 8 && random.once(in: 2) {
            created += 1
            let pod = Pod(
                namespace: random.pick(["a", "b"]), name: "pod-\(created)", account: random.pick(["web", "api"]),
                node: random.pick(Self.nodes), team: random.once(in: 4) ? nil : random.pick(["red", "blue"]))
            pods.append(pod)
            return "new \(pod.name) of \(pod.namespace)/\(pod.account) on \(pod.node)"
        }
        let index = Int.random(in: 0..<pods.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0:
            pods[index].isDone = true
            return "\(pods[index].name) ends"
        case 1:
            pods[index].team = random.once(in: 3) ? nil : random.pick(["red", "blue"])
            return "\(pods[index].name) gets another label"
        default:
            return "\(pods.remove(at: index).name) goes"
        }
    }

    /// Lets a cache know all of it.
    func fill(_ placement: TestPlacement) {
        for node in Self.nodes { placement.add(node: node) }
        let names = Set(pods.map { ObjectKey(namespace: $0.namespace, name: $0.name) })
        for known in placement.cache.pods.all where !names.contains(known.key) {
            placement.remove(pod: known.key.name, in: known.key.namespace ?? "")
        }
        for pod in pods {
            placement.add(
                pod: pod.name, in: pod.namespace, account: pod.account, on: pod.node,
                labels: ["team": pod.team].compactMapValues { $0 }, phase: pod.isDone ? "Succeeded" : "Running")
        }
    }
}
