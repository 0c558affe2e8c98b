import KubernetesModel

/// A kind that tests define, delete and define again.
struct Novelty: KubernetesResource {
    static let descriptor = ResourceDescriptor(
        group: "it.lanyard.dev", version: "v1", kind: "Novelty", plural: "novelties", isNamespaced: true)

    var metadata: ObjectMeta

    init(_ name: String, in namespace: String) {
        metadata = ObjectMeta(name: name, namespace: namespace)
    }
}

extension Cluster {
    /// Runs with a definition of `Novelty` that nobody has asked for yet, and takes it away at the end.
    func withNovelties<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        try await deleteDefinition(Novelty.descriptor.qualifiedName)
        try await defineNovelties()
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        try await deleteDefinition(Novelty.descriptor.qualifiedName)
        return try result.get()
    }

    /// Makes the definition.
    func defineNovelties() async throws { try await define(Novelty.self, schema: ["type": "object"]) }
}
