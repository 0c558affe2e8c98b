package import KubernetesModel
package import LanyardCore

/// A node of the cluster: its name and UID.
package struct Node: KubernetesResource {
    package static let descriptor = ResourceDescriptor(
        group: "", version: "v1", kind: "Node", plural: "nodes", isNamespaced: false)
    package static let projection = ObjectProjection(
        annotations: .none, hasLabels: false, hasOwners: false, limits: .init(spec: 0, status: 0),
        sharesStrings: true)

    /// Name, UID, version and times; nothing else of the metadata is kept.
    package var metadata: ObjectMeta { didSet { noteFacts() } }
    /// What plans need of it. Made once, as each pass asks for it.
    package private(set) var facts: NodeFacts?

    private enum CodingKeys: String, CodingKey { case metadata }

    /// A node as the cache keeps it.
    package init(metadata: ObjectMeta) {
        self.metadata = metadata
        noteFacts()
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        metadata = try container.decode(ProjectedMeta.self, forKey: .metadata).full
        metadata.labels = nil
        noteFacts()
    }

    private mutating func noteFacts() {
        facts = metadata.uid.map { NodeFacts(name: metadata.name, uid: $0, createdAt: metadata.createdAt) }
    }
}
