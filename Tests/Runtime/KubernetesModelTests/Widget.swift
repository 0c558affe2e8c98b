import KubernetesModel

/// A kind for tests.
struct Widget: KubernetesResource {
    static let descriptor = ResourceDescriptor(
        group: "testing.lanyard.dev", version: "v1", kind: "Widget", plural: "widgets", isNamespaced: true)

    var metadata: ObjectMeta
    var spec: Spec

    struct Spec: Codable, Equatable, Sendable {
        var size: Int
        var tags: [String]?
        var shape: Shape?
    }

    /// An enumeration that later versions of the definition may extend.
    enum Shape: Codable, Equatable, Sendable {
        case round
        case unknown(String)

        init(from decoder: any Decoder) throws {
            let text = try decoder.singleValueContainer().decode(String.self)
            self = text == "round" ? .round : .unknown(text)
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .round: try container.encode("round")
            case .unknown(let text): try container.encode(text)
            }
        }
    }
}
