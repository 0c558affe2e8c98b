package import ControllerRuntime
package import KubernetesModel
package import LanyardAPI
package import LanyardCore
package import VaultClient

/// Keeps policy, database roles and auth role of each VaultRoleBinding as declared: gather, plan, apply, report.
package struct BindingReconciler: Reconciler {
    let store: Store<VaultRoleBinding>
    let gatherer: BindingGatherer
    let applier: BindingApplier
    let reporter: ObjectReporter<VaultRoleBinding>
    let gate: DependencyGate<VaultError>
    let boundaries: BoundaryBook
    let settings: PlanningSettings
    let environment: Environment
    let resyncInterval: Duration
    /// Generations of the spec with the subjects that they had.
    let converged = ConvergedStates<SubjectedGeneration>()

    /// Wires a reconciler.
    package init(
        store: Store<VaultRoleBinding>, identities: Store<WorkloadIdentity>, vault: any VaultAPI,
        ledger: OwnershipLedger, reporter: ObjectReporter<VaultRoleBinding>, gate: DependencyGate<VaultError>,
        boundaries: BoundaryBook, settings: PlanningSettings, environment: Environment, resyncInterval: Duration
    ) {
        self.boundaries = boundaries
        self.store = store
        self.reporter = reporter
        self.gate = gate
        self.settings = settings
        self.environment = environment
        self.resyncInterval = resyncInterval
        gatherer = BindingGatherer(
            store: store, identities: identities, vault: vault, ledger: ledger, boundaries: boundaries)
        applier = BindingApplier(vault: vault, ledger: ledger, reporter: reporter)
    }

    package func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
        guard let binding = store.get(key) else {
            boundaries.forget(key, of: VaultRoleBinding.self)
            return .done
        }
        let boundary = boundaries.effective(inNamespace: key.namespace)
        if binding.metadata.isBeingDeleted {
            if binding.metadata.isPaused(by: boundary) { return try await reportPause(of: binding) }
            return try await cleanUp(binding, within: boundary)
        }
        let subject = gatherer.subject(of: binding)
        let reserved = boundaries.reservedNames
        // The one gate: what does not pass here is not planned, and nothing is written for it.
        let admission = boundaries.admit(binding, subject: try? subject.get())
        boundaries.record(binding, isOutside: admission.isOutside)
        switch admission {
        case .failure(let refusal):
            return try await refuse(binding, because: refusal)
        case .success(var access):
            access.adoptsExisting = binding.metadata.allowsAdoption(within: boundary)
            if binding.metadata.isPaused(by: boundary) { return try await reportPause(of: binding) }
            if case .failure(let problem) = subject {
                // What exists stays; the identity's own events run this binding again.
                try await report(
                    .waiting(note: note(on: binding), identity: problem.outcome), on: binding)
                return .done
            }
            return try await converge(binding, to: access, reserved: reserved)
        }
    }

    /// - Parameter reserved: names of the operator's own that the access was admitted with.
    private func converge(
        _ binding: VaultRoleBinding, to access: DesiredAccess, reserved: Set<String>
    ) async throws -> ReconcileResult {
        let owner = OwnershipRecord.Owner(of: binding)
        if let occupant = try await gatherer.ledger.occupant(of: owner) {
            return try await report(occupant: occupant, of: owner, access: access, on: binding)
        }
        let binding = try await reporter.withFinalizer(binding)
        let result: BindingApplier.Result
        do {
            if let failure = gate.currentFailure { throw failure }
            let facts = try await gatherer.facts(
                for: binding, access: access, owner: owner,
                isProven: converged.contains(
                    SubjectedGeneration(of: binding, with: access), uid: binding.metadata.uid))
            // With the first read the operator has logged in, and knows which policies are its own.
            if boundaries.reserve(gatherer.vault.ownPolicies) != reserved {
                let admission = boundaries.admit(binding, subject: try? gatherer.subject(of: binding).get())
                boundaries.record(binding, isOutside: admission.isOutside)
                if case .failure(let refusal) = admission { return try await refuse(binding, because: refusal) }
            }
            let plan = BindingPlan.make(for: access, facts: facts)
            if plan.writes || !gatherer.ledger.isRecorded(owner) { try await reporter.ensureLive(binding) }
            result = try await applier.apply(plan, for: access, facts: facts, owner: owner, to: binding)
        } catch let error as VaultError {
            try await report(failure: error, access: access, on: binding)
            throw error.retry
        } catch let failure as DeletionFailure {
            if failure.error.affectsAll {
                try await report(failure: failure.error, access: access, on: binding)
            } else {
                try await report(
                    .cleanupFailed(kind: failure.kind, failure.error.outcome(at: failure.path)), on: binding)
            }
            throw failure.error.retry
        }
        try await report(
            .accepted(
                note: note(on: binding), access: access,
                policy: result.outcome(.policy) ?? .nothingToDo, authRoles: result.outcome(.authRole) ?? .nothingToDo,
                databaseRoles: result.outcome(.databaseRole)), on: binding)
        if let failure = result.failure, failure.reason != .driftDetected { throw ConvergenceError(failure) }
        if result.failure == nil {
            converged.insert(SubjectedGeneration(of: binding, with: access), uid: binding.metadata.uid)
        }
        return .requeue(after: environment.jittered(resyncInterval, by: 0.2))
    }

    /// Without its record the binding can claim nothing. The end of the other record runs it again.
    private func report(
        occupant: OwnershipRecord.Owner, of owner: OwnershipRecord.Owner, access: DesiredAccess,
        on binding: VaultRoleBinding
    ) async throws -> ReconcileResult {
        let conflict = ConditionOutcome.fails(
            .conflict,
            "the ownership record \(OwnershipLedger.recordName(of: owner)) has been taken for \(occupant.kind) "
                + "\(occupant.namespace)/\(occupant.name)")
        try await report(
            .accepted(
                note: note(on: binding), access: access, policy: conflict, authRoles: conflict,
                databaseRoles: access.databaseRoles.isEmpty ? nil : conflict), on: binding)
        throw ConvergenceError(conflict)
    }

    /// Deletes what the ledger says is the binding's, and lets the object go.
    private func cleanUp(
        _ binding: VaultRoleBinding, within boundary: EffectiveBoundary
    ) async throws -> ReconcileResult {
        guard try await reporter.isAwaitingCleanup(binding) else { return .done }
        let owner = OwnershipRecord.Owner(of: binding)
        let held = gatherer.ledger.paths(of: owner)
        let wished = binding.pathsToKeep(
            among: held, orphans: gatherer.ledger.orphans(of: owner), settings: settings)
        if !wished.isEmpty, let doubt = boundary.doubtAboutOrphans {
            try await report(.cleanupFailed(kind: .policy, doubt), on: binding)
            throw ConvergenceError(doubt)
        }
        let kept = boundary.allowsOrphan ? wished : []
        do {
            if !held.allSatisfy(kept.contains), let failure = gate.currentFailure { throw failure }
            try await applier.delete(held.filter { !kept.contains($0) }, owner: owner, of: binding)
        } catch let failure as DeletionFailure {
            return try await reportCleanup(failure.error, kind: failure.kind, of: binding)
        } catch let error as VaultError {
            return try await reportCleanup(error, kind: .authRole, of: binding)
        }
        if !kept.isEmpty { applier.reportOrphans(Array(kept), on: binding) }
        try await gatherer.ledger.release(held, of: owner)
        try await reporter.removeFinalizer(from: binding)
        converged.remove(uid: binding.metadata.uid)
        return .done
    }

    private func reportCleanup(
        _ error: VaultError, kind: VaultObjectKind, of binding: VaultRoleBinding
    ) async throws -> ReconcileResult {
        if error.isOutage { gate.recordFailure(error, waiting: binding.key) }
        guard error.isWorthReporting else { throw error.retry }
        let outcome = ConditionOutcome.fails(
            error.outcome.reason,
            "\(error.outcome.message); not everything is deleted in Vault yet. "
                + boundaries.effective(inNamespace: binding.metadata.namespace).wayToLetGo)
        try await report(.cleanupFailed(kind: kind, outcome), on: binding)
        throw error.retry
    }

    /// Vault as a whole is away: every part says so.
    private func report(failure: VaultError, access: DesiredAccess, on binding: VaultRoleBinding) async throws {
        if failure.isOutage { gate.recordFailure(failure, waiting: binding.key) }
        guard failure.isWorthReporting else { return }
        try await report(
            .accepted(
                note: note(on: binding), access: access, policy: failure.outcome,
                authRoles: failure.outcome, databaseRoles: access.databaseRoles.isEmpty ? nil : failure.outcome),
            on: binding)
    }

    func report(_ outcome: BindingOutcome, on binding: VaultRoleBinding) async throws {
        let status = BindingStatusPlan.status(of: binding, outcome: outcome, now: environment.clock.wallTime.rfc3339)
        try await reporter.write(status, over: binding.status, of: binding)
        reporter.reportTransitions(from: binding.status?.conditions, to: status.conditions, of: binding)
        reporter.reportNote(
            note(on: binding), from: binding.status?.conditions, to: status.conditions, of: binding)
    }
}
