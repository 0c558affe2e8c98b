import ControllerRuntime
import KubernetesModel
import LanyardControllers
import LanyardCore
import Synchronization

/// Pods and nodes that a test sets, in the real cache.
final class TestPlacement: PlacementSource {
    let cache = PlacementCache()
    private let state = Mutex(State())

    private struct State {
        var isKnown = true
        var wanted: Set<ObjectKey> = []
    }

    /// Whether the lists are there.
    var isKnown: Bool {
        get { state.withLock { $0.isKnown } }
        set { state.withLock { $0.isKnown = newValue } }
    }

    /// Which identities want pods and nodes.
    var wanted: Set<ObjectKey> { state.withLock { $0.wanted } }

    func want(_ key: ObjectKey) { state.withLock { _ = $0.wanted.insert(key) } }

    func release(_ key: ObjectKey) { state.withLock { _ = $0.wanted.remove(key) } }

    func facts(serviceAccount: String) throws(PlacementUnknown) -> PlacementFacts {
        guard isKnown else { throw PlacementUnknown("pods and nodes are not listed yet") }
        return cache.facts(serviceAccount: serviceAccount)
    }

    func absent(_ places: Set<String>) throws(PlacementUnknown) -> Set<String> {
        guard isKnown else { throw PlacementUnknown("pods and nodes are not listed yet") }
        return cache.absent(places)
    }

    /// Adds a node.
    ///
    /// - Parameter createdAt: RFC 3339.
    func add(node name: String, createdAt: String? = nil) {
        var metadata = ObjectMeta(name: name, uid: "uid-\(name)")
        metadata.creationTimestamp = createdAt
        cache.nodes.apply(.upsert(Node(metadata: metadata)))
    }

    /// Takes a node away.
    func remove(node name: String) {
        cache.nodes.apply(.deleteKey(ObjectKey(namespace: nil, name: name), resourceVersion: nil))
    }

    /// Adds a pod, or changes it.
    func add(
        pod name: String, in namespace: String = TestOperator.namespace, account: String = "web", on node: String?,
        labels: [String: String] = [:], phase: String = "Running", createdAt: String? = nil,
        isTerminating: Bool = false
    ) {
        var metadata = ObjectMeta(name: name, namespace: namespace, uid: "uid-\(name)", labels: labels)
        metadata.creationTimestamp = createdAt
        metadata.deletionTimestamp = isTerminating ? "2026-01-01T00:00:00Z" : nil
        cache.pods.apply(
            .upsert(Pod(metadata: metadata, nodeName: node, serviceAccountName: account, phase: phase)))
    }

    /// Takes a pod away.
    func remove(pod name: String, in namespace: String = TestOperator.namespace) {
        cache.pods.apply(.deleteKey(ObjectKey(namespace: namespace, name: name), resourceVersion: nil))
    }
}
