import FoundationEssentials
import KubernetesModel

/// Reading of 2xx bodies.
enum Answer {
    /// Reads the object that an answer is.
    ///
    /// - Throws: `KubernetesError.malformedAnswer`; the body is never quoted, it may be secret.
    static func decode<Value: KubernetesResource>(_ body: Data) throws -> Value {
        do {
            return try Value(reading: body)
        } catch {
            throw KubernetesError(.malformedAnswer, "the answer is not a \(Value.self)")
        }
    }
}

extension KubernetesError {
    /// Whether the server itself says that the object of this name does not exist.
    func saysNotFound(_ name: String) -> Bool {
        code == .notFound && status?.reason == "NotFound" && status?.details?.name == name
    }
}
