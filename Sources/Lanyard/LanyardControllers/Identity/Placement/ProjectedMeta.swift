import KubernetesModel

/// The metadata of pods and nodes without annotations and owners, which are most of it.
struct ProjectedMeta: Decodable {
    private let name: String
    private let namespace: String?
    private let uid: String?
    private let resourceVersion: ResourceVersion?
    private let creationTimestamp: String?
    private let deletionTimestamp: String?
    private let labels: [String: String]?

    /// As the runtime knows metadata.
    var full: ObjectMeta {
        var meta = ObjectMeta(
            name: name, namespace: namespace, uid: uid, resourceVersion: resourceVersion, labels: labels)
        meta.creationTimestamp = creationTimestamp
        meta.deletionTimestamp = deletionTimestamp
        return meta
    }
}

extension ObjectMeta {
    /// When the API server made the object, in seconds since 1970.
    var createdAt: Int64? { creationTimestamp.flatMap(WallTime.init(rfc3339:))?.secondsSince1970 }
}
