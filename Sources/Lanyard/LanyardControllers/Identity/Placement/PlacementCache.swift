package import ControllerRuntime
import KubernetesModel
package import LanyardCore

/// The pods and nodes of one watch, and which identities a change concerns.
package struct PlacementCache: Sendable {
    private static let serviceAccount = "serviceAccount"
    private static let node = "node"
    private static let place = "place"

    package let pods: Store<Pod>
    package let nodes: Store<Node>

    /// Knows nothing yet.
    ///
    /// - Parameter namespaces: whose pods are watched; none for all.
    package init(namespaces: [String] = []) {
        pods = Store(
            indices: [
                Self.serviceAccount: { [$0.serviceAccountValue] },
                Self.node: { [$0.spec?.nodeName].compactMap { $0 } },
                Self.place: { $0.metadata.uid.map { [EntryName.place(uid: $0)] } ?? [] },
            ], namespaces: namespaces)
        nodes = Store(indices: [Self.place: { $0.metadata.uid.map { [EntryName.place(uid: $0)] } ?? [] }])
    }

    /// Whether both lists have been seen.
    package var hasSynced: Bool { pods.hasSynced && nodes.hasSynced }

    /// The pods of a ServiceAccount that count, and the nodes that they name.
    package func facts(serviceAccount: String) -> PlacementFacts {
        let found = pods.parts(index: Self.serviceAccount, value: serviceAccount) { $0.facts }
        var facts = PlacementFacts(pods: found)
        for name in Set(found.lazy.map(\.nodeName)) {
            facts.nodes[name] = nodes.get(ObjectKey(namespace: nil, name: name))?.facts
        }
        return facts
    }

    /// Those of some places that are no node's and no pod's that counts.
    package func absent(_ places: Set<String>) -> Set<String> {
        places.filter { place in
            nodes.count(index: Self.place, value: place) == 0
                && pods.parts(index: Self.place, value: place) { $0.facts }.isEmpty
        }
    }

    /// The ServiceAccounts (`namespace/name`) that a change of a pod concerns; none for the many changes of status.
    package static func serviceAccounts(for delta: Delta<Pod>) -> Set<String> {
        guard delta.old?.facts != delta.new?.facts else { return [] }
        return Set(delta.mapped { [$0.serviceAccountValue] })
    }

    /// The ServiceAccounts that a change of a node concerns: those of the pods that name it. None for heartbeats.
    package func serviceAccounts(for delta: Delta<Node>) -> Set<String> {
        guard delta.old?.facts != delta.new?.facts else { return [] }
        return Set(
            delta.mapped { [$0.metadata.name] }
                .flatMap { pods.parts(index: Self.node, value: $0) { $0.serviceAccountValue } })
    }
}
