import KubernetesModel

/// A kind for tests, with the status subresource.
struct Widget: KubernetesResource {
    static let descriptor = ResourceDescriptor(
        group: "testing.lanyard.dev", version: "v1", kind: "Widget", plural: "widgets", isNamespaced: true)

    var metadata: ObjectMeta
    var spec: Spec
    var status: Status?

    struct Spec: Codable, Equatable, Sendable {
        var size: Int
    }

    struct Status: Codable, Equatable, Sendable {
        var phase: String?
        var detail: String?
        var conditions: [Condition]?
    }

    /// A widget of a size.
    static func sized(_ size: Int, _ name: String, in namespace: String = "default") -> Widget {
        Widget(metadata: ObjectMeta(name: name, namespace: namespace), spec: Spec(size: size))
    }
}
