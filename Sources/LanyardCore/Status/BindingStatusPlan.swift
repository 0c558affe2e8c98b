import KubernetesModel
package import LanyardAPI

/// What a pass over a VaultRoleBinding came to.
package enum BindingOutcome: Equatable, Sendable {
    /// The spec cannot be accepted; what exists stays.
    case refused(reason: Reason, message: String)
    /// The spec cannot be accepted, and what had been made was deleted, as the boundary wants it.
    case withdrawn(reason: Reason, message: String)
    /// Nothing is touched and nothing was looked at, as the author wants it.
    case paused
    /// The spec was accepted, but the identity that it names cannot be used yet; what exists stays.
    case waiting(note: String?, identity: ConditionOutcome)
    /// The spec was accepted and Vault was looked at.
    case accepted(
        note: String?, access: DesiredAccess, policy: ConditionOutcome, authRoles: ConditionOutcome,
        databaseRoles: ConditionOutcome?)
    /// It is being deleted, and cleaning up failed; the failure belongs to one kind of object.
    case cleanupFailed(kind: VaultObjectKind, ConditionOutcome)
}

/// Makes the status of a VaultRoleBinding. Pure; the caller compares and sends it.
package enum BindingStatusPlan {
    /// Makes the status.
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
        if outcome == .paused {
            status.conditions = ConditionSummary.paused(previousConditions, now: now)
            return status
        }
        status.observedGeneration = binding.metadata.generation
        let parts: [(type: String, outcome: ConditionOutcome)]
        switch outcome {
        case .refused(let reason, let message):
            parts = [(ConditionType.accepted, .fails(reason, message))]
        case .withdrawn(let reason, let message):
            status.vault = nil
            let synced = [ConditionType.policySynced, ConditionType.databaseRolesSynced, ConditionType.authRolesSynced]
            parts =
                [(ConditionType.accepted, .fails(reason, message))]
                + synced.filter { type in
                    type != ConditionType.databaseRolesSynced || previousConditions.condition(type) != nil
                }.map { ($0, ConditionOutcome.withdrawn) }
        case .paused:
            parts = []
        case .waiting(let note, let identity):
            parts = [accepted(note), (ConditionType.identityResolved, identity)]
        case .accepted(let note, let access, let policy, let authRoles, let databaseRoles):
            status.serviceAccounts = access.serviceAccounts
            status.spiffeID = access.spiffeID?.description
            status.vault = .init(
                policy: access.policyPath, kubernetesRole: access.kubernetesRole?.path,
                jwtRole: access.jwtRole?.path, databaseRoles: access.databaseRoles.map(\.path))
            status.databaseRoleTemplates = access.templates.isEmpty ? nil : access.templates
            let resolved = "access for \(access.serviceAccounts.joined(separator: ", "))"
            var found = [
                accepted(note), (ConditionType.identityResolved, ConditionOutcome.holds(.resolved, resolved)),
            ]
            if let databaseRoles {
                found.append((ConditionType.databaseRolesSynced, databaseRoles))
            } else {
                previousConditions.removeAll { $0.type == ConditionType.databaseRolesSynced }
            }
            // In the order in which they are made: what waits is not the first trouble.
            found += [(ConditionType.policySynced, policy), (ConditionType.authRolesSynced, authRoles)]
            parts = found
        case .cleanupFailed(let kind, let failure):
            parts = [(kind.conditionType, failure)]
        }
        status.conditions = ConditionSummary.conditions(
            parts: parts, readyMessage: "the workload can log in and use its access",
            generation: binding.metadata.generation, previous: previousConditions, now: now)
        return status
    }

    private static func accepted(_ note: String?) -> (type: String, outcome: ConditionOutcome) {
        (ConditionType.accepted, .holds(.accepted, note ?? "the spec is valid"))
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
