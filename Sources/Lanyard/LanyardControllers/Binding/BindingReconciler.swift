package import ControllerRuntime
package import KubernetesModel
package import LanyardAPI
import LanyardCore
package import VaultClient

/// Keeps policy, database roles and auth role of each VaultRoleBinding as declared: gather, plan, apply, report.
package struct BindingReconciler: Reconciler, ConvergingReconciler {
    /// How many passes are under way for each of `reconcile.workers`, of which those of one namespace are one: what is
    /// behind Vault may be slow for one tenant, and a pass that waits for it costs nothing.
    package static let passesPerWorker = 8

    /// How long a finalizer may take to be stored until what was read meanwhile is too old to be built on.
    private static let longestStoring = Duration.seconds(1)

    let convergence: Convergence<VaultRoleBinding, VaultError>
    let gatherer: BindingGatherer
    let applier: VaultApplier<VaultRoleBinding>
    let boundaries: BoundaryBook
    let accounts: ServiceAccountDirectory
    let survey: AccessSurvey?
    let fights = FightBook()
    let doubts = DoubtBook()

    /// A reconciler that remembers nothing yet.
    ///
    /// - Parameter survey: looks at what accesses take for granted; without it nothing is said of that.
    package init(
        _ convergence: Convergence<VaultRoleBinding, VaultError>, identities: Store<WorkloadIdentity>,
        states: IdentityStates, accounts: ServiceAccountDirectory, vault: PolicyListing, ledger: OwnershipLedger,
        boundaries: BoundaryBook, survey: AccessSurvey? = nil
    ) {
        self.convergence = convergence
        self.boundaries = boundaries
        self.accounts = accounts
        self.survey = survey
        gatherer = BindingGatherer(
            store: convergence.reporter.store, identities: identities, states: states, vault: vault,
            connections: survey?.connections ?? FreshReads(vault: vault, clock: convergence.pace.environment.clock),
            ledger: ledger, boundaries: boundaries)
        applier = VaultApplier(vault: vault, ledger: ledger, reporter: convergence.reporter)
        DriftMetrics.begin([.policy, .databaseRole, .authRole])
    }

    package func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
        gatherer.ledger.heirs.begin(key)
        guard let cached = store.get(key) else {
            boundaries.forget(key, of: VaultRoleBinding.self)
            reporter.forget(key)
            gatherer.ledger.heirs.forget(key)
            // Whoever comes next under the name is not waited with anew for what there is.
            if gatherer.ledger.paths(of: OwnershipRecord.Owner(ofBinding: key)).isEmpty { doubts.remove(key) }
            return .done
        }
        try await gatherer.ledger.settleDoubt()
        let binding = try await reporter.whole(cached)
        let boundary = boundaries.effective(inNamespace: key.namespace)
        let subject = gatherer.currentSubject(of: binding)
        let reserved = boundaries.reservedNames
        let isPaused = binding.metadata.isPaused(by: boundary)
        let course = Course(of: binding.metadata, isPaused: isPaused) { admit(binding, for: subject) }
        switch course {
        case .cleanUp:
            return try await cleanUp(binding, within: boundary)
        case .pause:
            return try await pause(binding)
        case .refuse(let refusal):
            return try await refuse(binding, because: refusal, isPaused: isPaused)
        case .converge(var access):
            access.adoptsExisting = binding.metadata.allowsAdoption(within: boundary)
            access.mayAdopt = boundary.allowsAdoption
            if case .failure(let problem) = subject { return try await hold(binding, because: problem) }
            return try await converge(binding, to: access, reserved: reserved)
        }
    }

    /// The one gate: what does not pass here is not planned, and nothing is written for it.
    private func admit(
        _ binding: VaultRoleBinding, for subject: Result<SubjectResolution, SubjectProblem>
    ) -> Result<DesiredAccess, Refusal> {
        let admission = boundaries.admit(binding, subject: try? subject.get())
        boundaries.record(binding, isOutside: admission.isOutside)
        return admission
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
        var result: VaultOutcomes
        let outlook: AccessOutlook
        do {
            // Before the object is written, which its author may make impossible.
            let namespaceUID = try await endInheritance(of: binding, for: access)
            // What is left it may have, and loses nothing because its object cannot be written.
            noteHeir(binding)
            let readings = try await prepare(&binding, for: access)
            (result, outlook) = try await carryOut(
                access, readings, digest, reserved: reserved, for: owner, namespaceUID: namespaceUID, on: binding)
        } catch let refusal as Refusal {
            return try await refuse(binding, because: refusal, isPaused: false)
        } catch {
            if error.isOfVaultAsAWhole {
                // Nothing of the binding is in doubt.
                doubts.remove(binding.key)
                noteHeir(binding)
            }
            throw try await end(error, of: binding) { failure, deletion in
                guard let deletion, !failure.affectsAll else {
                    return try await report(ofAll: failure.outcome, access, on: binding)
                }
                try await report(.cleanupFailed(kind: deletion.kind ?? .authRole, deletion.outcome), on: binding)
            }
        }
        let fightEnd = result.note(in: fights, of: binding.metadata, at: environment.clock.now)
        let curb = try await curb(after: &result, of: access, on: binding)
        func outcome(_ kind: VaultObjectKind) -> ConditionOutcome? { result.outcome(kind.conditionType) }
        let authRoles = outlook.over(outcome(.authRole) ?? .nothingToDo, of: .authRole)
        try await report(
            .accepted(
                note: boundaries.note(on: binding), access: access,
                policy: outlook.over(outcome(.policy) ?? .nothingToDo, of: .policy),
                authRoles: curb.excess?.over(authRoles) ?? authRoles,
                databaseRoles: outcome(.databaseRole).map { outlook.over($0, of: .databaseRole) },
                identity: gatherer.identityTrouble(of: binding), remark: await missing.missingAccountsNote),
            on: binding)
        try await settle(result, outlook, digest, of: owner, on: binding)
        return pace.next(soon: fightEnd)
    }

    /// Stores the finalizer, and meanwhile reads what there is in Vault: before both are done nothing is written there
    /// (rule order-11). If storing took long, it is read again: somebody may have made by hand what was not there.
    ///
    /// - Parameter binding: becomes what is stored, also if that is all that comes of it.
    /// - Throws: `KubernetesError`; what Vault last failed with, while it is known to be away.
    private func prepare(
        _ binding: inout VaultRoleBinding, for access: DesiredAccess
    ) async throws -> [BindingGatherer.Reading] {
        guard !binding.metadata.hasCleanupFinalizer, gate.currentFailure == nil else {
            binding = try await reporter.withFinalizer(binding)
            try gate.check()
            return await gatherer.read(access)
        }
        async let early = gatherer.read(access)
        let begin = environment.clock.now
        binding = try await reporter.withFinalizer(binding)
        let isLate = environment.clock.now - begin > Self.longestStoring
        try gate.check()
        let readings = await early
        return await isLate ? gatherer.read(access) : readings
    }

    /// Holds what exists to the boundary where it is not what the spec asks for, and notes what is left.
    private func curb(
        after result: inout VaultOutcomes, of access: DesiredAccess, on binding: VaultRoleBinding
    ) async throws -> Curb {
        // Then what an earlier spec asked for may be there yet. What was changed by hand and is only reported is not the author's;
        // and where only something is left that is not wanted, all that is wanted is as the spec says.
        guard result.unfinished != nil, result.leftover == nil else {
            doubts.remove(binding.key)
            // A login that is left serves on.
            return try await Curb(excess: result.leftover == nil ? nil : limitTokens(of: binding))
        }
        let ledger = gatherer.ledger
        let owner = OwnershipRecord.Owner(of: binding)
        let unwanted = ledger.paths(of: owner).filter {
            VaultObjectKind(path: $0) == .databaseRole && !access.claimPaths.contains($0)
        }
        let curb = try await curb(binding, unwanted: Set(unwanted).subtracting(ledger.orphans(of: owner)))
        if let leftover = curb.leftover { result.note(leftover.outcome, in: ConditionType.databaseRolesSynced) }
        return curb
    }

    /// Ends a pass whose outcome is told.
    ///
    /// - Throws: what it has to be repeated for.
    private func settle(
        _ result: VaultOutcomes, _ outlook: AccessOutlook, _ digest: String?, of owner: OwnershipRecord.Owner,
        on binding: VaultRoleBinding
    ) async throws {
        if let leftover = result.leftover { throw try gate.retry(after: leftover.error, waiting: binding.key) }
        if let failure = result.unfinished { throw ConvergenceError(failure) }
        if result.failure == nil {
            // After the status: whoever waits for that does not wait for this.
            try await gatherer.ledger.noteConverged(owner, to: digest)
            // As declared, and of no use.
            if let trouble = outlook.trouble { throw ConvergenceError(trouble) }
        }
    }

    /// Plans and applies.
    ///
    /// - Parameter readings: what there is of the access.
    /// - Throws: `Refusal` when it turns out that the access must not be had; `VaultError`, `DeletionFailure`,
    ///   `BoundaryDoubt`, `StaleObject`, `KubernetesError`.
    private func carryOut(
        _ access: DesiredAccess, _ readings: [BindingGatherer.Reading], _ digest: String?, reserved: Set<String>,
        for owner: OwnershipRecord.Owner, namespaceUID: String?, on binding: VaultRoleBinding
    ) async throws -> (VaultOutcomes, AccessOutlook) {
        let isLeaving = !gatherer.ledger.orphans(of: owner).isSubset(of: access.claimPaths)
        let orphanRule =
            try await isLeaving
            ? boundaries.certainOrphanRule(inNamespace: binding.metadata.namespace) : .forbidden
        async let sights = survey?.look(at: access)
        let facts = try await gatherer.facts(
            for: binding, access: access, readings: readings, digest: digest, owner: owner,
            namespaceUID: namespaceUID, orphanRule: orphanRule)
        // With the first read the operator has logged in, and knows which policies are its own.
        if boundaries.reserve(gatherer.vault.ownPolicies) != reserved {
            _ = try admit(binding, for: gatherer.currentSubject(of: binding)).get()
        }
        let plan = BindingPlan.make(for: access, facts: facts)
        if plan.writes || !gatherer.ledger.isRecorded(owner) { try await reporter.ensureLive(binding) }
        let result = try await applier.apply(
            plan, for: access, facts: facts, owner: owner, namespaceUID: namespaceUID, to: binding)
        // With its claims it has taken over what there was.
        gatherer.ledger.heirs.forget(binding.key)
        return (result, AccessOutlook(of: access, await sights ?? AccessSights()))
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
        try await report(ofAll: conflict, access, on: binding)
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
        var kept: Set<String> = []
        let held: [String]
        do {
            if binding.spec.deletionPolicy != .orphan || !boundary.allowsOrphan {
                unrecorded = try await recollect(binding, for: owner)
            }
            held = gatherer.ledger.paths(of: owner)
            let wished = binding.pathsToKeep(
                among: held, orphans: gatherer.ledger.orphans(of: owner), settings: boundaries.settings)
            if !wished.isEmpty,
                try await boundaries.mayStayBehind(
                    binding, report: { try await report(.cleanupFailed(kind: .policy, $0), on: binding) })
            {
                kept = wished
            }
            if !held.allSatisfy(kept.contains) { try gate.check() }
            try await applier.delete(
                held.filter { !kept.contains($0) }, releasing: held, owner: owner, of: binding)
        } catch {
            throw try await reportCleanup(error, of: binding)
        }
        if !kept.isEmpty { applier.reportOrphans(Array(kept), on: binding) }
        report(unrecorded: unrecorded, on: binding)
        // Also a record that claims nothing.
        try await gatherer.ledger.release(held, of: owner)
        try await reporter.removeFinalizer(from: binding)
        fights.remove(uid: binding.metadata.uid)
        return .done
    }

    /// - Returns: what the pass ends with.
    private func reportCleanup(_ error: any Error, of binding: VaultRoleBinding) async throws -> any Error {
        try await end(error, of: binding) { failure, deletion in
            let leases =
                deletion?.isRevocation == true && failure.code == .permissionDenied
                ? "With spec.revokeLeasesOnDelete set to false the leases are left to end by themselves. " : ""
            let boundary = boundaries.effective(inNamespace: binding.metadata.namespace)
            let outcome = (deletion?.outcome ?? failure.outcome).unfinished(
                "Not everything is deleted in Vault yet.", leases + boundary.orphaningHint)
            try await report(
                .cleanupFailed(
                    kind: deletion?.kind ?? .authRole, outcome, deleted: deletedKinds(of: binding)), on: binding)
        }
    }

    /// Nothing of the spec is put into effect, as when Vault as a whole is away: every part says why.
    ///
    /// - Parameter tokens: what is to be said of tokens beside that.
    func report(
        ofAll outcome: ConditionOutcome, tokens: Excess? = nil, _ access: DesiredAccess, on binding: VaultRoleBinding
    ) async throws {
        try await report(
            .accepted(
                note: boundaries.note(on: binding), access: access, policy: outcome,
                authRoles: tokens?.over(outcome) ?? outcome,
                databaseRoles: access.databaseRoles.isEmpty ? nil : outcome), on: binding)
    }

    func report(_ outcome: BindingOutcome, on binding: VaultRoleBinding) async throws {
        let status = BindingStatusMaker.status(of: binding, outcome: outcome, now: environment.clock.wallTime.rfc3339)
        try await reporter.report(status, note: boundaries.note(on: binding), on: binding)
    }
}
