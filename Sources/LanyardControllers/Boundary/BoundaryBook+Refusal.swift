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

    /// Makes sure that a binding is refused.
    ///
    /// - Parameters:
    ///   - withdraws: whether it is to be withdrawn, which the boundary has to say.
    ///   - subject: who gets the access within a boundary.
    /// - Returns: what holds in its namespace.
    /// - Throws: `StaleObject` when it is not, `BoundaryDoubt`, `KubernetesError`.
    @discardableResult
    func confirmRefusal(
        of binding: VaultRoleBinding, withdraws: Bool, subject: (EffectiveBoundary) -> SubjectResolution?
    ) async throws -> EffectiveBoundary {
        let boundary = try await certain(inNamespace: binding.metadata.namespace)
        guard case .failure(let refusal) = admit(binding, subject: subject(boundary), within: boundary),
            refusal.withdraws || !withdraws
        else { throw StaleObject() }
        return boundary
    }
}
