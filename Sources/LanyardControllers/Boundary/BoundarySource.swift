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
}

/// It is not known what a namespace is allowed: nothing is taken away.
package struct BoundaryDoubt: Error, Equatable, CustomStringConvertible {
    /// Why not.
    package let reason: String

    /// Names the reason.
    package init(_ reason: String) { self.reason = reason }

    package var description: String { "it is not known what the namespace is allowed: \(reason)" }
}

/// Reads boundaries and namespace from the API server itself.
package struct ServedBoundaries: BoundarySource {
    private static let pageSize = 500

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
        if let problem = problem() { throw BoundaryDoubt(problem) }
        // A namespace that is not there has no labels; who selects by them is then in doubt.
        let found = try await api.get(NamespaceMetadata.self, ObjectKey(namespace: nil, name: namespace))
        var boundaries: [IdentityBoundary] = []
        var undecodable: [String] = []
        var token: String?
        repeat {
            let page = try await api.listDecodable(IdentityBoundary.self, limit: Self.pageSize, continue: token)
            for item in page.items {
                switch item {
                case .object(let boundary): boundaries.append(boundary)
                case .undecodable(let object): undecodable.append(object.key.name)
                }
            }
            token = page.metadata.continue
        } while token?.isEmpty == false
        return BoundarySet(boundaries, undecodable: undecodable, settings: settings)
            .effective(inNamespace: namespace, labels: found.map { $0.metadata.labels ?? [:] })
    }
}
