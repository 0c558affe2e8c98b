import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardCore

/// What a binding's subject is while its identity is not as declared: it follows what SPIRE serves.
extension BindingGatherer {
    /// Who gets the access now: whom the identity is for in SPIRE, where its new spec is in conflict; or why that cannot be said.
    ///
    /// What a binding has stays for whom it is until the identity that it names has had a pass in its present form. A new
    /// binding takes the spec at its word, and so waits for nothing.
    ///
    /// - Parameter inputs: what was read for it; what the caches say when nil.
    func currentSubject(
        of binding: VaultRoleBinding, given inputs: LiveInputs? = nil
    ) -> Result<SubjectResolution, SubjectProblem> {
        let declared = subject(of: binding, given: inputs)
        guard case .success = declared, let identity = identity(of: binding, given: inputs) else { return declared }
        let known = states.state(of: identity)
        if known == nil, ledger.paths(of: OwnershipRecord.Owner(of: binding)).isEmpty { return declared }
        switch (known ?? states.awaitedState(of: identity))?.standing {
        case .declared: return declared
        case .former(let account, let spiffeID):
            return .success(.identity(serviceAccount: account, spiffeID: spiffeID))
        case .uncertain:
            return .failure(
                SubjectProblem(
                    .fails(
                        .identityNotReady,
                        "WorkloadIdentity \(identity.metadata.name) is not as declared in SPIRE; what exists stays"),
                    keepsLogins: true))
        case nil:
            return .failure(
                SubjectProblem(
                    .fails(
                        .identityNotReady, "WorkloadIdentity \(identity.metadata.name) has not been looked at yet"),
                    isPassing: true))
        }
    }

    /// What `IdentityResolved` says against a subject that is known; nil when workloads can obtain the identity, or do not
    /// need it for their login.
    func identityTrouble(of binding: VaultRoleBinding) -> ConditionOutcome? {
        guard let identity = identity(of: binding), let state = states.state(of: identity) else { return nil }
        let name = identity.metadata.name
        if case .former(let account, let spiffeID) = state.standing {
            return .fails(
                .identityNotReady,
                "WorkloadIdentity \(name) is not as declared in SPIRE; the access stays with ServiceAccount \(account) "
                    + "(\(spiffeID))")
        }
        guard binding.spec.jwtAuth != nil, let trouble = state.trouble else { return nil }
        return .fails(.identityNotReady, "WorkloadIdentity \(name): \(trouble.message)")
    }

    /// The identity that a binding names; nil when there is none.
    ///
    /// - Parameter inputs: what was read for it; what the caches say when nil.
    func identity(of binding: VaultRoleBinding, given inputs: LiveInputs? = nil) -> WorkloadIdentity? {
        if let inputs { return inputs.identity }
        return binding.spec.workloadIdentityRef.flatMap {
            identities.get(ObjectKey(namespace: binding.metadata.namespace, name: $0.name))
        }
    }
}
