import KubernetesModel
import LanyardAPI
import LanyardCore

/// Whether a refusal holds when what it was decided from is read anew, before anything is taken away on its account.
extension BoundaryBook {
    /// What a namespace is allowed at this moment.
    ///
    /// - Throws: `BoundaryDoubt` while it is not known, or not all of it; `KubernetesError`.
    func certain(inNamespace namespace: String?) async throws -> EffectiveBoundary {
        let boundary = try await source.current(inNamespace: namespace ?? "")
        guard boundary.undecided.isEmpty else {
            throw BoundaryDoubt(boundary.undecided.joined(separator: ", "))
        }
        return boundary
    }

    /// Whether what was made in a namespace may be left behind, which is not for a cache to say.
    ///
    /// - Throws: `KubernetesError`.
    func certainOrphanRule(inNamespace namespace: String?) async throws -> BindingPlan.OrphanRule {
        do {
            return try await source.current(inNamespace: namespace ?? "").orphanRule
        } catch let error as BoundaryDoubt {
            return .undecided(
                .fails(
                    .outsideBoundary, "it cannot be decided whether deletionPolicy Orphan is allowed: \(error.reason)"))
        }
    }

    /// Whether what was made for an object that asks for it may be left behind.
    ///
    /// - Parameter report: says on the object that this is not known.
    /// - Throws: `ConvergenceError` after that, `KubernetesError`.
    func mayStayBehind(
        _ object: some KubernetesResource, report: (ConditionOutcome) async throws -> Void
    ) async throws -> Bool {
        switch try await certainOrphanRule(inNamespace: object.metadata.namespace) {
        case .allowed: return true
        case .forbidden: return false
        case .undecided(let doubt):
            try await report(doubt)
            throw ConvergenceError(doubt)
        }
    }

    /// Makes sure that an identity is refused.
    ///
    /// - Parameter withdraws: whether it is to be withdrawn, which the boundary has to say.
    /// - Throws: `StaleObject` when it is not, `BoundaryDoubt`, `KubernetesError`.
    func confirmRefusal(of identity: WorkloadIdentity, withdraws: Bool) async throws {
        let boundary = try await certain(inNamespace: identity.metadata.namespace)
        guard case .failure(let refusal) = admit(identity, within: boundary), refusal.withdraws || !withdraws else {
            throw StaleObject()
        }
    }
}
