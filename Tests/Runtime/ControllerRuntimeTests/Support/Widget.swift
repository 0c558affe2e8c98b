import KubernetesModel

/// A kind of object for tests of the runtime.
struct Widget: KubernetesResource {
    static let descriptor = ResourceDescriptor(
        group: "example.dev", version: "v1", kind: "Widget", plural: "widgets", isNamespaced: true)

    var metadata: ObjectMeta
    var spec: Spec

    struct Spec: Codable, Equatable, Sendable {
        var color: String
    }

    init(
        _ name: String, color: String = "red", uid: String? = nil, version: String? = nil, generation: Int64? = nil,
        labels: [String: String]? = nil, finalizers: [String]? = nil, deleted: Bool = false
    ) {
        metadata = ObjectMeta(
            name: name, namespace: "ns", uid: uid, resourceVersion: version.map(ResourceVersion.init),
            generation: generation, labels: labels, finalizers: finalizers)
        metadata.deletionTimestamp = deleted ? "2026-01-01T00:00:00Z" : nil
        spec = Spec(color: color)
    }
}

extension ObjectKey {
    static func widget(_ name: String) -> ObjectKey { ObjectKey(namespace: "ns", name: name) }
}
