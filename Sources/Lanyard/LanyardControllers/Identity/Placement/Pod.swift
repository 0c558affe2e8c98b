package import KubernetesModel
package import LanyardCore

/// A pod, as far as identities depend on it: everything else is dropped when it is read, so that a cache of many is small.
package struct Pod: KubernetesResource {
    package static let descriptor = ResourceDescriptor(
        group: "", version: "v1", kind: "Pod", plural: "pods", isNamespaced: true)
    package static let projection = ObjectProjection(
        annotations: .none, hasLabels: true, hasOwners: false, limits: .init(spec: 0, status: 0),
        sharesStrings: true)

    /// Name, namespace, UID, version, labels and times; nothing else of the metadata is kept.
    package var metadata: ObjectMeta { didSet { noteFacts() } }
    package var spec: Spec? { didSet { noteFacts() } }
    package var status: Status? { didSet { noteFacts() } }
    /// What plans need of it; nil unless it is bound to a node, and not done. One that is being deleted counts as long as it
    /// is there: its containers may work for as long as their grace period lets them. Made once, as each pass asks for it.
    package private(set) var facts: PodFacts?

    private enum CodingKeys: String, CodingKey { case metadata, spec, status }

    /// Where it runs, and as whom.
    package struct Spec: Codable, Equatable, Sendable {
        package var nodeName: String?
        package var serviceAccountName: String?
    }

    /// How far it is.
    package struct Status: Codable, Equatable, Sendable {
        package var phase: String?
    }

    /// A pod as the cache keeps it.
    package init(metadata: ObjectMeta, nodeName: String?, serviceAccountName: String?, phase: String? = "Pending") {
        self.metadata = metadata
        spec = Spec(nodeName: nodeName, serviceAccountName: serviceAccountName)
        status = Status(phase: phase)
        noteFacts()
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        metadata = try container.decode(ProjectedMeta.self, forKey: .metadata).full
        spec = try container.decodeIfPresent(Spec.self, forKey: .spec)
        status = try container.decodeIfPresent(Status.self, forKey: .status)
        noteFacts()
    }

    private mutating func noteFacts() {
        facts = nil
        guard let node = spec?.nodeName, !node.isEmpty, let uid = metadata.uid,
            status?.phase != "Succeeded", status?.phase != "Failed"
        else { return }
        facts = PodFacts(
            name: metadata.name, uid: uid, nodeName: node, labels: metadata.labels ?? [:],
            createdAt: metadata.createdAt)
    }

    /// Its namespace and ServiceAccount, as `IdentityIndex` writes them.
    package var serviceAccountValue: String {
        "\(metadata.namespace ?? "")/\(spec?.serviceAccountName ?? "default")"
    }
}
