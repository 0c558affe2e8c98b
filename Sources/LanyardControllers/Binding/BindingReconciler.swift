package import ControllerRuntime
package import KubernetesModel
package import LanyardAPI
package import LanyardCore
package import VaultClient

/// Keeps policy, database roles and auth role of each VaultRoleBinding as declared: gather, plan, apply, report.
package struct BindingReconciler: Reconciler {
    /// How many passes are under way for each of `reconcile.workers`, of which those of one namespace are one: what is
    /// behind Vault may be slow for one tenant, and a pass that waits for it costs nothing.
    package static let passesPerWorker = 8

    let store: Store<VaultRoleBinding>
    let gatherer: BindingGatherer
    let applier: BindingApplier
    let reporter: ObjectReporter<VaultRoleBinding>
    let gate: DependencyGate<VaultError>
    let boundaries: BoundaryBook
    let accounts: ServiceAccountDirectory
    let settings: PlanningSettings
    let survey: AccessSurvey?
    let environment: Environment
    let resyncInterval: Duration
    let fights = FightBook()
    let doubts = DoubtBook()

    /// A reconciler that remembers nothing yet.
    ///
    /// - Parameter survey: looks at what accesses take for granted; without it nothing is said of that.
    package init(
        store: Store<VaultRoleBinding>, identities: Store<WorkloadIdentity>, states: IdentityStates,
        accounts: ServiceAccountDirectory, vault: any VaultAPI, ledger: OwnershipLedger,
        reporter: ObjectReporter<VaultRoleBinding>, gate: DependencyGate<VaultError>,
        boundaries: BoundaryBook, settings: PlanningSettings, survey: AccessSurvey? = nil, environment: Environment,
        resyncInterval: Duration
    ) {
        self.boundaries = boundaries
        self.accounts = accounts
        self.survey = survey
        self.store = store
        self.reporter = reporter
        self.gate = gate
        self.settings = settings
        self.environment = environment
        self.resyncInterval = resyncInterval
        gatherer = BindingGatherer(
            store: store, identities: identities, states: states, vault: vault, ledger: ledger, boundaries: boundaries)
        applier = BindingApplier(vault: vault, ledger: ledger, reporter: reporter)
    }

    package func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
        let heirs = gatherer.ledger.heirs
        heirs.begin(key)
        defer { heirs.end(key) }
        return try await pass(over: key)
    }

    private func pass(over key: ObjectKey) async throws -> ReconcileResult {
        guard let cached = store.get(key) else {
            boundaries.forget(key, of: VaultRoleBinding.self)
            reporter.forget(key)
            // Whoever comes next under the name is not waited with anew for what there is.
            if gatherer.ledger.paths(of: OwnershipRecord.Owner(ofBinding: key)).isEmpty { doubts.remove(key) }
            return .done
        }
        try await gatherer.ledger.settleDoubt()
        let binding = try await reporter.whole(cached)
        let boundary = boundaries.effective(inNamespace: key.namespace)
        let isPaused = binding.metadata.isPaused(by: boundary)
        if binding.metadata.isBeingDeleted, !isPaused { return try await cleanUp(binding, within: boundary) }
        let subject = gatherer.currentSubject(of: binding)
        let reserved = boundaries.reservedNames
        // The one gate: what does not pass here is not planned, and nothing is written for it.
        let admission = boundaries.admit(binding, subject: try? subject.get())
        boundaries.record(binding, isOutside: admission.isOutside)
        switch admission {
        case .failure(let refusal):
            // A deletion waits for the pause; what a boundary takes away does not.
            if binding.metadata.isBeingDeleted, !refusal.withdraws { return try await reportPause(of: binding) }
            return try await refuse(binding, because: refusal, isPaused: isPaused)
        case .success(var access):
            access.adoptsExisting = binding.metadata.allowsAdoption(within: boundary)
            access.mayAdopt = boundary.allowsAdoption
            if isPaused { return try await reportPause(of: binding) }
            if case .failure(let problem) = subject { return try await hold(binding, because: problem) }
            return try await converge(binding, to: access, reserved: reserved)
        }
    }

    /// Makes what exists what the spec asks for. What ends that early, as an object that cannot be written, keeps nothing that a
    /// boundary takes away.
    ///
    /// - Parameter reserved: names of the operator's own that the access was admitted with.
    private func converge(
        _ binding: VaultRoleBinding, to access: DesiredAccess, reserved: Set<String>
    ) async throws -> ReconcileResult {
        do {
            return try await putIntoEffect(access, of: binding, reserved: reserved)
        } catch let error where error.isOfCluster {
            _ = try await curb(binding, isPassing: true)
            throw error
        }
    }

    private func putIntoEffect(
        _ access: DesiredAccess, of binding: VaultRoleBinding, reserved: Set<String>
    ) async throws -> ReconcileResult {
        let owner = OwnershipRecord.Owner(of: binding)
        if let occupant = try await gatherer.ledger.occupant(of: owner) {
            return try await report(occupant: occupant, of: owner, access: access, on: binding)
        }
        var binding = binding
        let namespace = binding.metadata.namespace
        let digest = access.digest
        // A mere note: nothing waits for it.
        async let missing = accounts.missing(access.serviceAccounts, inNamespace: namespace)
        let result: BindingApplier.Result
        let outlook: AccessOutlook
        do {
            // Before the object is written, which its author may make impossible.
            let namespaceUID = try await endInheritance(of: binding, for: access)
            binding = try await reporter.withFinalizer(binding)
            if let failure = gate.currentFailure { throw failure }
            let isLeaving = !gatherer.ledger.orphans(of: owner).isSubset(of: access.claimPaths)
            let orphanRule =
                try await isLeaving
                ? boundaries.certainOrphanRule(inNamespace: binding.metadata.namespace) : .forbidden
            async let sights = survey?.look(at: access)
            let facts = try await gatherer.facts(
                for: binding, access: access, digest: digest, owner: owner, namespaceUID: namespaceUID,
                orphanRule: orphanRule)
            // With the first read the operator has logged in, and knows which policies are its own.
            if boundaries.reserve(gatherer.vault.ownPolicies) != reserved {
                let admission = boundaries.admit(binding, subject: try? gatherer.currentSubject(of: binding).get())
                boundaries.record(binding, isOutside: admission.isOutside)
                if case .failure(let refusal) = admission {
                    return try await refuse(binding, because: refusal, isPaused: false)
                }
            }
            let plan = BindingPlan.make(for: access, facts: facts)
            if plan.writes || !gatherer.ledger.isRecorded(owner) { try await reporter.ensureLive(binding) }
            result = try await applier.apply(
                plan, for: access, facts: facts, owner: owner, namespaceUID: namespaceUID, to: binding)
            outlook = AccessOutlook(of: access, await sights ?? AccessSights())
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
        let now = environment.clock.now
        let fought = fights.note(result.corrections, uid: binding.metadata.uid, at: now)
        func outcome(_ kind: VaultObjectKind) -> ConditionOutcome? {
            result.outcome(kind)?.adding(fought[kind.conditionType])
        }
        // Then what an earlier spec asked for may be there yet. What was changed by hand and is only reported is not the author's.
        let isUnfinished = result.failure.map { $0.reason != .driftDetected } ?? false
        let curb = try await isUnfinished ? curb(binding) : Curb()
        if !isUnfinished { doubts.remove(binding.key) }
        let authRoles = outlook.over(outcome(.authRole) ?? .nothingToDo, of: .authRole)
        try await report(
            .accepted(
                note: note(on: binding), access: access,
                policy: outlook.over(outcome(.policy) ?? .nothingToDo, of: .policy),
                authRoles: curb.excess?.over(authRoles) ?? authRoles,
                databaseRoles: outcome(.databaseRole).map { outlook.over($0, of: .databaseRole) },
                identity: gatherer.identityTrouble(of: binding), remark: await missing.missingAccountsNote),
            on: binding)
        if let failure = result.failure, failure.reason != .driftDetected { throw ConvergenceError(failure) }
        if result.failure == nil {
            // After the status: whoever waits for that does not wait for this.
            try await gatherer.ledger.noteConverged(owner, to: digest)
            // As declared, and of no use.
            if let trouble = outlook.trouble { throw ConvergenceError(trouble) }
        }
        let fightEnd = fights.endsAt(uid: binding.metadata.uid, now: now).map { max($0 - now, .zero) }
        let resync = environment.jittered(resyncInterval, by: 0.2)
        return .requeue(after: min(resync, fightEnd ?? resync))
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
        try await report(conflict, access: access, on: binding)
        throw ConvergenceError(conflict)
    }

    /// Deletes what the ledger says is the binding's, whoever took which finalizer off, and lets the object go (rule own-32).
    private func cleanUp(
        _ binding: VaultRoleBinding, within boundary: EffectiveBoundary
    ) async throws -> ReconcileResult {
        let owner = OwnershipRecord.Owner(of: binding)
        let isAwaited = binding.metadata.finalizers?.contains(LanyardGroup.cleanupFinalizer) == true
        guard isAwaited || !gatherer.ledger.paths(of: owner).isEmpty, try await reporter.isBeingDeleted(binding) else {
            return .done
        }
        var unrecorded: [String] = []
        if binding.spec.deletionPolicy != .orphan || !boundary.allowsOrphan {
            do {
                unrecorded = try await recollect(binding, for: owner)
            } catch let failure as DeletionFailure {
                return try await reportCleanup(failure.error, kind: failure.kind, of: binding)
            } catch let error as VaultError {
                return try await reportCleanup(error, kind: .authRole, of: binding)
            }
        }
        let held = gatherer.ledger.paths(of: owner)
        let wished = binding.pathsToKeep(
            among: held, orphans: gatherer.ledger.orphans(of: owner), settings: settings)
        var kept: Set<String> = []
        if !wished.isEmpty, try await mayStayBehind(binding) { kept = wished }
        do {
            if !held.allSatisfy(kept.contains), let failure = gate.currentFailure { throw failure }
            try await applier.delete(held.filter { !kept.contains($0) }, owner: owner, of: binding)
        } catch let failure as DeletionFailure {
            return try await reportCleanup(failure.error, kind: failure.kind, at: failure, of: binding)
        } catch let error as VaultError {
            return try await reportCleanup(error, kind: .authRole, of: binding)
        }
        if !kept.isEmpty { applier.reportOrphans(Array(kept), on: binding) }
        report(unrecorded: unrecorded, on: binding)
        try await gatherer.ledger.release(held, of: owner)
        try await reporter.removeFinalizer(from: binding)
        fights.remove(uid: binding.metadata.uid)
        return .done
    }

    /// Whether what was made may be left behind.
    ///
    /// - Throws: `ConvergenceError` after the status says that it is not known, `KubernetesError`.
    private func mayStayBehind(_ binding: VaultRoleBinding) async throws -> Bool {
        switch try await boundaries.certainOrphanRule(inNamespace: binding.metadata.namespace) {
        case .allowed: return true
        case .forbidden: return false
        case .undecided(let doubt):
            try await report(.cleanupFailed(kind: .policy, doubt), on: binding)
            throw ConvergenceError(doubt)
        }
    }

    private func reportCleanup(
        _ error: VaultError, kind: VaultObjectKind, at failure: DeletionFailure? = nil, of binding: VaultRoleBinding
    ) async throws -> ReconcileResult {
        if error.isOutage { gate.recordFailure(error, waiting: binding.key) }
        guard error.isWorthReporting else { throw error.retry }
        let boundary = boundaries.effective(inNamespace: binding.metadata.namespace)
        let outcome = ConditionOutcome.unfinished(error, at: failure, wayToLetGo: boundary.wayToLetGo)
        try await report(.cleanupFailed(kind: kind, outcome, deleted: deletedKinds(of: binding)), on: binding)
        throw error.retry
    }

    /// Vault as a whole is away: every part says so. Of the binding nothing is in doubt.
    private func report(failure: VaultError, access: DesiredAccess, on binding: VaultRoleBinding) async throws {
        doubts.remove(binding.key)
        if failure.isOutage { gate.recordFailure(failure, waiting: binding.key) }
        guard failure.isWorthReporting else { return }
        try await report(failure.outcome, access: access, on: binding)
    }

    /// Nothing of the spec is put into effect: every part says why.
    ///
    /// - Parameter tokens: what is to be said of tokens beside that.
    func report(
        _ outcome: ConditionOutcome, tokens: Excess? = nil, access: DesiredAccess, on binding: VaultRoleBinding
    ) async throws {
        try await report(
            .accepted(
                note: note(on: binding), access: access, policy: outcome,
                authRoles: tokens?.over(outcome) ?? outcome,
                databaseRoles: access.databaseRoles.isEmpty ? nil : outcome), on: binding)
    }

    func report(_ outcome: BindingOutcome, on binding: VaultRoleBinding) async throws {
        let status = BindingStatusPlan.status(of: binding, outcome: outcome, now: environment.clock.wallTime.rfc3339)
        try await reporter.write(status, over: binding.status, of: binding)
        reporter.reportTransitions(from: binding.status?.conditions, to: status.conditions, of: binding)
        reporter.reportNote(
            note(on: binding), from: binding.status?.conditions, to: status.conditions, of: binding)
    }
}
