import FoundationEssentials
import KubernetesClient
import KubernetesModel
import LanyardCore

/// Reads the operator's pods: what they are, what they log and count, and the configuration that they mount.
struct PodReader: Sendable {
    let api: any KubernetesAPI
    let namespace: String
    let lines: Int

    private static let selector = "app.kubernetes.io/name=lanyard"
    /// Logs and metrics of more pods say the same again.
    private static let mostPods = 4

    func read(into bundle: inout DiagnosticBundle) async {
        let path = "/api/v1/namespaces/\(namespace)"
        let pods = await BundleGatherer.attempt("pods", &bundle) {
            let request = APIRequest(.get, "\(path)/pods", query: [.init("labelSelector", Self.selector)])
            return try JSONValue(parsing: try await api.send(request))["items"]?.array
        }
        guard let pods, !pods.isEmpty else { return bundle.notes.append("no pod in \(namespace) has \(Self.selector)") }
        if pods.count > Self.mostPods { bundle.notes.append("\(pods.count - Self.mostPods) pods are left out") }
        for pod in pods.prefix(Self.mostPods) { await read(pod, at: path, into: &bundle) }
        let volumes = pods.flatMap { $0["spec"]?["volumes"]?.array ?? [] }
        let names = Set(volumes.compactMap { $0["configMap"]?["name"]?.string })
        // API servers take any text for the name in a volume, and as a part of a path it could lead to a Secret.
        for name in names.filter({ KubernetesName.isObjectName($0) }).sorted() {
            let map = await BundleGatherer.attempt("ConfigMap \(name)", &bundle) {
                try JSONValue(parsing: try await api.send(APIRequest(.get, "\(path)/configmaps/\(name)")))
            }
            for (file, text) in map?["data"]?.object ?? [:] {
                bundle.configuration["\(name)/\(file)"] = text.string.map(Self.split)
            }
        }
    }

    private func read(_ object: JSONValue, at path: String, into bundle: inout DiagnosticBundle) async {
        guard var pod = DiagnosticBundle.Pod(object) else { return }
        let own = "\(path)/pods/\(pod.name)"
        let ports = DiagnosticBundle.Pod.container(of: object)?["ports"]?.array ?? []
        func port(_ name: String) -> Int64? { ports.first { $0["name"]?.string == name }?["containerPort"]?.integer }
        if let health = port("health") {
            pod.readiness = await text(
                "readiness of \(pod.name)",
                APIRequest(.get, "\(own):\(health)/proxy/readyz", query: [.init("verbose", "true")], accept: "*/*"),
                &bundle)
        }
        if let metrics = port("metrics") {
            let samples = await text(
                "metrics of \(pod.name)", APIRequest(.get, "\(own):\(metrics)/proxy/metrics", accept: "*/*"), &bundle)
            pod.metrics = samples?.filter { !$0.hasPrefix("#") }
        }
        pod.log = await log(own, &bundle)
        if pod.restarts ?? 0 > 0 { pod.previousLog = await log(own, &bundle, isPrevious: true) }
        bundle.pods.append(pod)
    }

    private func log(_ path: String, _ bundle: inout DiagnosticBundle, isPrevious: Bool = false) async -> [String]? {
        var query = [
            APIRequest.QueryItem("container", "lanyard"), APIRequest.QueryItem("tailLines", String(lines)),
        ]
        if isPrevious { query.append(APIRequest.QueryItem("previous", "true")) }
        return await text("log of \(path)", APIRequest(.get, "\(path)/log", query: query, accept: "*/*"), &bundle)
    }

    /// The lines of an answer that is no JSON.
    private func text(
        _ what: String, _ request: APIRequest, _ bundle: inout DiagnosticBundle
    ) async -> [String]? {
        await BundleGatherer.attempt(what, &bundle) {
            Self.split(String(decoding: try await api.send(request), as: UTF8.self))
        }
    }

    private static func split(_ text: String) -> [String] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }
}

extension DiagnosticBundle.Pod {
    /// Nil for what has no name.
    init?(_ object: JSONValue) {
        guard let name = object["metadata"]?["name"]?.string else { return nil }
        let container = Self.container(of: object)
        let status = object["status"]
        let state = status?["containerStatuses"]?.array?.first { $0["name"] == container?["name"] }
        self.init(
            name: name, phase: status?["phase"]?.string, startTime: status?["startTime"]?.string,
            image: container?["image"]?.string, imageID: state?["imageID"]?.string,
            restarts: state?["restartCount"]?.integer, isReady: state?["ready"]?.bool, state: state?["state"],
            lastState: state?["lastState"], arguments: (container?["args"]?.array ?? []).compactMap(\.string),
            environment: (container?["env"]?.array ?? []).compactMap(Self.variable))
    }

    /// The operator's; others beside it are none of ours.
    static func container(of pod: JSONValue) -> JSONValue? {
        let containers = pod["spec"]?["containers"]?.array ?? []
        return containers.first { $0["name"]?.string == "lanyard" } ?? containers.first
    }

    private static func variable(_ variable: JSONValue) -> String? {
        guard let name = variable["name"]?.string else { return nil }
        guard name.hasPrefix("LANYARD_"), let value = variable["value"]?.string else { return name }
        return "\(name)=\(value)"
    }
}
