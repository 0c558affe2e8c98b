import KubernetesClient
import KubernetesModel
import LanyardAPI
import Testing

extension Cluster {
    /// Waits until a condition of an object, at the object's generation, has a reason and says a text.
    ///
    /// - Returns: its message.
    @discardableResult
    func wait<Object: ConditionedResource>(
        for reason: Reason, _ type: String, of object: Object.Type, _ key: ObjectKey, saying text: String? = nil,
        within limit: Duration = .seconds(30), sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String {
        var message = ""
        let expectation = "\(type) of \(key) says \(reason.rawValue) \(text ?? "")"
        try await eventually(expectation, within: limit, sourceLocation: sourceLocation) {
            let stored = try await api.get(object, key)
            guard let condition = stored?.condition(type) else { return "it says nothing" }
            message = condition.message
            let isSaid = text.map { message.contains($0) } ?? true
            let isCurrent = condition.observedGeneration == stored?.metadata.generation
            return condition.reason == reason.rawValue && isSaid && isCurrent ? nil : "\(condition.reason): \(message)"
        }
        return message
    }

    /// Waits until an object is gone.
    func waitUntilGone<Object: KubernetesResource>(
        _ type: Object.Type, _ key: ObjectKey, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await eventually("\(Object.descriptor.kind) \(key) is gone", sourceLocation: sourceLocation) {
            try await api.get(type, key) == nil ? nil : "it is there"
        }
    }

    /// Deletes all resources of a namespace, and waits until the operator has let go of them.
    func deleteAndWait(in namespace: String, within limit: Duration = .seconds(30)) async throws {
        try await deleteResources(in: namespace)
        try await eventually("all of \(namespace) is let go of", within: limit) {
            let left = try await conditions(in: namespace).map(\.name)
            return left.isEmpty ? nil : "\(left)"
        }
    }

    /// Runs while a boundary is about some namespaces, beside those that are about them anyway.
    func withBoundary<Result: Sendable>(
        about namespaces: [String], _ fill: (inout IdentityBoundarySpec) -> Void,
        _ body: (IdentityBoundary) async throws -> Result
    ) async throws -> Result {
        let name = "it-boundary-\(Environment.system.makeUUID().prefix(6))"
        var spec = IdentityBoundarySpec()
        spec.namespaces = .init(names: namespaces)
        spec.vault = .init()
        fill(&spec)
        let boundary = IdentityBoundary(metadata: ObjectMeta(name: name), spec: spec)
        return try await clearing {
            try await api.delete(IdentityBoundary.self, boundary.key, uid: nil)
        } after: {
            _ = try await api.create(boundary)
            return try await body(boundary)
        }
    }
}
