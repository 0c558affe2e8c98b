import KubernetesModel
package import LanyardAPI

/// What a pass over a VaultRoleBinding came to.
package enum BindingOutcome: Equatable, Sendable {
    /// The spec cannot be accepted; what exists stays. `deleted`: of which kinds nothing exists any more, after a withdrawal
    /// that could not be finished, or that has another reason.
    case refused(reason: Reason, message: String, deleted: Set<VaultObjectKind> = [])
    /// The spec cannot be accepted, and what had been made was deleted, as the boundary wants it.
    case withdrawn(reason: Reason, message: String)
    /// The spec was accepted, but the identity that it names cannot be used yet; what exists stays. `deleted`: of which kinds
    /// nothing exists any more, after a withdrawal.
    case waiting(note: String?, identity: ConditionOutcome, deleted: Set<VaultObjectKind> = [])
    /// The spec was accepted and Vault was looked at.
    ///
    /// - Parameters:
    ///   - identity: what is wrong with the identity that it names; nil when nothing is.
    ///   - remark: added to what is said of a subject that is well, such as that there is no ServiceAccount.
    case accepted(
        note: String?, access: DesiredAccess, policy: ConditionOutcome, authRoles: ConditionOutcome,
        databaseRoles: ConditionOutcome?, identity: ConditionOutcome? = nil, remark: String = "")
    /// Something was to be deleted, and that failed; the failure belongs to one kind of object. `deleted`: of which kinds
    /// nothing exists any more.
    case cleanupFailed(kind: VaultObjectKind, ConditionOutcome, deleted: Set<VaultObjectKind> = [])
}

/// Makes the status of a VaultRoleBinding. Pure; the caller compares and sends it.
package enum BindingStatusMaker {
    /// The status after a pass; what the pass did not look at stays as it was.
    ///
    /// - Parameters:
    ///   - binding: the object as it is stored.
    ///   - outcome: what this pass came to.
    ///   - now: RFC 3339 time for transitions.
    package static func status(
        of binding: VaultRoleBinding, outcome: BindingOutcome, now: String
    ) -> VaultRoleBindingStatus {
        let previous = binding.status ?? VaultRoleBindingStatus()
        var previousConditions = previous.conditions ?? []
        var status = previous
        status.observedGeneration = binding.metadata.generation
        let parts: [(type: String, outcome: ConditionOutcome)]
        switch outcome {
        case .refused(let reason, let message, let deleted):
            parts = [(ConditionType.accepted, .fails(reason, message))] + gone(deleted, among: previousConditions)
            status.vault?.forget(deleted)
        case .withdrawn(let reason, let message):
            status.vault = nil
            let synced = [ConditionType.policySynced, ConditionType.databaseRolesSynced, ConditionType.authRolesSynced]
            parts =
                [(ConditionType.accepted, .fails(reason, message))]
                + synced.filter { type in
                    type != ConditionType.databaseRolesSynced || previousConditions.condition(type) != nil
                }.map { ($0, ConditionOutcome.withdrawn) }
        case .waiting(let note, let identity, let deleted):
            parts =
                [accepted(note), (ConditionType.identityResolved, identity)] + gone(deleted, among: previousConditions)
            status.vault?.forget(deleted)
        case .accepted(
            let note, let access, let policy, let authRoles, let databaseRoles, let identity, let remark):
            status.serviceAccounts = access.serviceAccounts
            status.spiffeID = access.spiffeID?.description
            status.vault = .init(
                roleName: access.roleName, policy: access.policyPath, kubernetesRole: access.kubernetesRole?.path,
                jwtRole: access.jwtRole?.path, databaseRoles: access.databaseRoles.map(\.path))
            status.databaseRoleTemplates = access.templates.isEmpty ? nil : access.templates
            let resolved = "access for \(access.serviceAccounts.joined(separator: ", "))\(remark)"
            var found = [
                accepted(note),
                (ConditionType.identityResolved, identity ?? ConditionOutcome.holds(.resolved, resolved)),
            ]
            if let databaseRoles {
                found.append((ConditionType.databaseRolesSynced, databaseRoles))
            } else {
                previousConditions.removeAll { $0.type == ConditionType.databaseRolesSynced }
            }
            // In the order in which they are made: what waits is not the first trouble.
            found += [(ConditionType.policySynced, policy), (ConditionType.authRolesSynced, authRoles)]
            parts = found
        case .cleanupFailed(let kind, let failure, let deleted):
            let deleted = deleted.subtracting([kind])
            parts = [(kind.conditionType, failure)] + gone(deleted, among: previousConditions)
            status.vault?.forget(deleted)
        }
        status.conditions = ConditionSummary.conditions(
            parts: parts, readyMessage: "the workload can log in and use its access",
            generation: binding.metadata.generation, previous: previousConditions, now: now)
        return status
    }

    /// What the conditions say of kinds of which nothing exists any more; of a kind that had no condition, nothing.
    private static func gone(
        _ kinds: Set<VaultObjectKind>, among previous: [Condition]
    ) -> [(type: String, outcome: ConditionOutcome)] {
        kinds.sorted().map(\.conditionType).filter { previous.condition($0) != nil }.map { ($0, .deleted) }
    }

    private static func accepted(_ note: String?) -> (type: String, outcome: ConditionOutcome) {
        (ConditionType.accepted, .holds(.accepted, note ?? "the spec is valid"))
    }
}

extension VaultRoleBindingStatus.VaultObjects {
    /// Names nothing of these kinds any more.
    fileprivate mutating func forget(_ kinds: Set<VaultObjectKind>) {
        if kinds.contains(.policy) { policy = nil }
        if kinds.contains(.databaseRole) { (databaseRoles, databaseRoleCount) = (nil, nil) }
        if kinds.contains(.authRole) { (roleName, kubernetesRole, jwtRole) = (nil, nil, nil) }
    }
}

extension VaultObjectKind {
    /// The condition that speaks of objects of this kind.
    package var conditionType: String {
        switch self {
        case .policy: ConditionType.policySynced
        case .databaseRole: ConditionType.databaseRolesSynced
        case .authRole: ConditionType.authRolesSynced
        }
    }
}
