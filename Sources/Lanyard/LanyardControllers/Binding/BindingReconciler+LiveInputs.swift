import ControllerRuntime
import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardCore

extension BindingReconciler {
    /// Makes sure that a binding is refused, before anything is taken away on account of that.
    ///
    /// - Parameter withdraws: whether it is to be withdrawn, which the boundary has to say.
    /// - Returns: what holds in its namespace.
    /// - Throws: `StaleObject` when it is not, `BoundaryDoubt`, `KubernetesError`.
    @discardableResult
    func confirmRefusal(of binding: VaultRoleBinding, withdraws: Bool) async throws -> EffectiveBoundary {
        let inputs = try await liveInputs(of: binding)
        let subject = try? gatherer.currentSubject(of: binding, given: inputs).get()
        guard case .failure(let refusal) = boundaries.admit(binding, subject: subject, given: inputs),
            refusal.withdraws || !withdraws
        else { throw StaleObject() }
        return inputs.boundary
    }

    /// Makes sure that nobody may log in for a binding: there is no identity that it is for.
    ///
    /// - Throws: `StaleObject` when there is, or may be, or it names none; `BoundaryDoubt`, `KubernetesError`.
    func confirmAbsenceOfSubject(of binding: VaultRoleBinding) async throws {
        guard binding.spec.workloadIdentityRef != nil else { throw StaleObject() }
        guard let identity = try await liveIdentity(of: binding), !identity.metadata.isBeingDeleted else { return }
        // Then it is refused, which depends on more.
        let inputs = try await liveInputs(of: binding)
        guard case .failure(let problem) = gatherer.currentSubject(of: binding, given: inputs), !problem.isPassing,
            !problem.keepsLogins
        else { throw StaleObject() }
    }

    private func liveInputs(of binding: VaultRoleBinding) async throws -> LiveInputs {
        let boundary = try await boundaries.certain(inNamespace: binding.metadata.namespace)
        let templates = try await liveTemplates(of: binding)
        return LiveInputs(
            boundary: boundary, identity: try await liveIdentity(of: binding), templates: { templates[$0] })
    }

    private func liveIdentity(of binding: VaultRoleBinding) async throws -> WorkloadIdentity? {
        // No object has another name, and a request for one might be for something else.
        guard let name = binding.spec.workloadIdentityRef?.name, KubernetesName.isObjectName(name) else { return nil }
        return try await reporter.api.get(
            WorkloadIdentity.self, ObjectKey(namespace: binding.metadata.namespace, name: name))
    }

    /// - Throws: `BoundaryDoubt` when one of them cannot be read: that is not absence.
    private func liveTemplates(of binding: VaultRoleBinding) async throws -> [String: DatabaseRoleTemplate] {
        let names = Set((binding.spec.databaseRoles ?? []).compactMap(\.template))
        guard !names.isEmpty else { return [:] }
        var found: [String: DatabaseRoleTemplate] = [:]
        var undecodable: String?
        try await reporter.api.listAllDecodable(DatabaseRoleTemplate.self) { item in
            guard names.contains(item.key.name) else { return }
            switch item {
            case .object(let template): found[item.key.name] = template
            case .undecodable: undecodable = item.key.name
            }
        }
        if let undecodable { throw BoundaryDoubt("DatabaseRoleTemplate \(undecodable) cannot be read") }
        return found
    }
}
