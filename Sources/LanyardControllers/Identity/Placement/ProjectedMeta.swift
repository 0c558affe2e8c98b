import KubernetesModel

/// The metadata of pods and nodes without annotations and owners, which are most of it.
struct ProjectedMeta: Decodable {
    private let name: String
    private let namespace: String?
    private let uid: String?
    private let resourceVersion: ResourceVersion?
    private let deletionTimestamp: String?
    private let labels: [String: String]?

    /// As the runtime knows metadata.
    var full: ObjectMeta {
        ObjectMeta(
            name: name, namespace: namespace, uid: uid, resourceVersion: resourceVersion,
            deletionTimestamp: deletionTimestamp, labels: labels)
    }
}
