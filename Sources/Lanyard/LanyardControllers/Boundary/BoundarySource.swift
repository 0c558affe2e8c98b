package import KubernetesClient
import KubernetesModel
import LanyardAPI
package import LanyardCore

/// What a namespace is allowed, asked for at this moment. Caches may lag: what is taken away on their word may have been allowed
/// for a while.
package protocol BoundarySource: Sendable {
    /// What holds in a namespace now.
    ///
    /// - Throws: `BoundaryDoubt` while it is not known, `KubernetesError` when it cannot be read.
    func current(inNamespace namespace: String) async throws -> EffectiveBoundary

    /// The UID of a namespace now; nil when there is none of the name.
    ///
    /// - Throws: `BoundaryDoubt` while it is not known, `KubernetesError` when it cannot be read.
    func namespaceUID(_ namespace: String) async throws -> String?
}

/// It is not known what a namespace is allowed: nothing is taken away.
package struct BoundaryDoubt: Error, Equatable, CustomStringConvertible {
    /// Why it is not known, to be read after a colon.
    package let reason: String

    /// Says why it is not known.
    package init(_ reason: String) { self.reason = reason }

    package var description: String { "it is not known what the namespace is allowed: \(reason)" }
}

/// Reads boundaries and namespace from the API server itself.
package struct ServedBoundaries: BoundarySource {
    let api: any KubernetesAPI
    let settings: PlanningSettings
    let problem: @Sendable () -> String?

    /// Reads from an API server.
    ///
    /// - Parameter problem: what is wrong with the caches of boundaries and namespaces; nil when nothing is. Where the API
    ///   server cannot be followed it may be an old one that answers.
    package init(
        api: any KubernetesAPI, settings: PlanningSettings, problem: @escaping @Sendable () -> String? = { nil }
    ) {
        self.api = api
        self.settings = settings
        self.problem = problem
    }

    package func current(inNamespace namespace: String) async throws -> EffectiveBoundary {
        // A namespace that is not there has no labels; who selects by them is then in doubt.
        let found = try await metadata(of: namespace)
        var boundaries: [IdentityBoundary] = []
        var undecodable: [String] = []
        try await api.listAllDecodable(IdentityBoundary.self) { item in
            switch item {
            case .object(let boundary): boundaries.append(boundary)
            case .undecodable(let object): undecodable.append(object.key.name)
            }
        }
        return BoundarySet(boundaries, undecodable: undecodable, settings: settings)
            .effective(inNamespace: namespace, labels: found.map { $0.labels ?? [:] })
    }

    package func namespaceUID(_ namespace: String) async throws -> String? { try await metadata(of: namespace)?.uid }

    private func metadata(of namespace: String) async throws -> ObjectMeta? {
        if let problem = problem() { throw BoundaryDoubt(problem) }
        return try await api.get(NamespaceMetadata.self, ObjectKey(namespace: nil, name: namespace))?.metadata
    }
}
