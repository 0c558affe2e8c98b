package import ControllerRuntime
package import KubernetesModel
package import LanyardAPI
import LanyardCore
package import VaultClient

/// Keeps each mount and what is below it as its VaultMount declares: gather, plan, apply, report.
package struct MountReconciler: Reconciler, ConvergingReconciler {
    let convergence: Convergence<VaultMount, VaultError>
    let gatherer: MountGatherer
    let applier: VaultApplier<VaultMount>
    let users: MountUsers?
    let onWrite: @Sendable () -> Void
    /// Generations of the spec with the state of the sources that they had.
    let converged = ConvergedStates<MountState>()
    let book: MountSourceBook
    let fights = FightBook()
    /// How much is remembered of objects, for the test that nothing is when all are gone.
    package var rememberedCount: Int { converged.count + reporter.rememberedCount }

    /// What a mount was converged to.
    struct MountState: Hashable, Sendable {
        let generation: Int64?
        let sources: MountSources
    }

    /// A reconciler that remembers nothing yet.
    ///
    /// - Parameters:
    ///   - users: who uses mounts; without it nobody does.
    ///   - onWrite: is told when something of a mount was written to Vault, whatever became of the rest: who waits for it can
    ///     go on. The status alone does not tell: it stays the same when a declared connection is added.
    ///   - onSources: is told when a mount comes to refer to something that `MountSourcePoll` has to look at.
    package init(
        _ convergence: Convergence<VaultMount, VaultError>, sources: MountSourceReader, keyring: DigestKeyring,
        vault: any VaultAPI, ledger: OwnershipLedger, users: MountUsers? = nil,
        onWrite: @escaping @Sendable () -> Void = {}, onSources: @escaping @Sendable () -> Void = {}
    ) {
        self.convergence = convergence
        book = MountSourceBook(onUse: onSources)
        self.users = users
        self.onWrite = onWrite
        gatherer = MountGatherer(
            store: convergence.reporter.store, vault: vault, ledger: ledger, sources: sources, keyring: keyring)
        applier = VaultApplier(vault: vault, ledger: ledger, reporter: convergence.reporter)
        DriftMetrics.begin([.mount, .authConfiguration, .connection, .urls, .pkiRole])
    }

    package func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
        guard let cached = store.get(key) else {
            converged.remove(key)
            book.forget(key)
            reporter.forget(key)
            return .done
        }
        let mount = try await reporter.whole(cached)
        try await gatherer.ledger.settleDoubt()
        let isPaused = mount.metadata.annotations?[LanyardGroup.pausedAnnotation] == "true"
        let course = Course(of: mount.metadata, isPaused: isPaused) {
            Admission.mount(mount, held: gatherer.ledger.claims(of: OwnershipRecord.Owner(of: mount)))
        }
        switch course {
        case .cleanUp:
            return try await cleanUp(mount)
        case .pause:
            try await reportPause(of: mount)
        case .refuse(let refusal):
            // What exists stays.
            book.forget(key)
            try await report(.refused(reason: refusal.reason, message: refusal.message), on: mount)
        case .converge(let desired):
            return try await converge(mount, to: desired)
        }
        return .done
    }

    private func converge(_ mount: VaultMount, to desired: DesiredMount) async throws -> ReconcileResult {
        let mount = try await reporter.withFinalizer(mount)
        let owner = OwnershipRecord.Owner(of: mount)
        let gathered: MountGatherer.Gathered
        var result: MountResult
        do {
            try gate.check()
            gathered = try await gatherer.gather(for: mount, desired: desired, owner: owner) { sources in
                wasConverged(mount, sources)
            }
            if let sources = gathered.sources { book.note(sources, of: mount.key) }
            let plan = MountPlan.make(for: desired, facts: gathered.facts)
            if plan.writes || !gatherer.ledger.isRecorded(owner) { try await reporter.ensureLive(mount) }
            result = try await applier.apply(plan, values: gathered.values, owner: owner, to: mount)
            if result.wrote { onWrite() }
        } catch {
            throw try await end(error, of: mount) { failure, deletion in
                if let deletion, !failure.affectsAll {
                    return try await report(.cleanupFailed(deletion.outcome), on: mount)
                }
                // Every part says so.
                try await report(
                    .accepted(
                        mount: desired, accessor: nil, synced: failure.outcome,
                        configuration: desired.claimPaths.count > 1 ? failure.outcome : nil), on: mount)
            }
        }
        let fightEnd = result.outcomes.note(in: fights, of: mount.metadata, at: environment.clock.now)
        try await report(
            .accepted(
                mount: desired, accessor: result.accessor,
                synced: result.outcomes.outcome(ConditionType.mountSynced) ?? .nothingToDo,
                configuration: result.outcomes.outcome(ConditionType.configurationSynced)), on: mount)
        if let failure = result.outcomes.unfinished { throw ConvergenceError(failure) }
        if result.outcomes.failure == nil, let sources = gathered.sources {
            converged.insert(
                MountState(generation: mount.metadata.generation, sources: sources), of: mount.metadata)
        }
        return pace.next(soon: fightEnd)
    }

    /// Leaves everything in Vault as it is, unless the VaultMount says otherwise; and lets the object go.
    private func cleanUp(_ mount: VaultMount) async throws -> ReconcileResult {
        guard try await reporter.isAwaitingCleanup(mount) else { return .done }
        let owner = OwnershipRecord.Owner(of: mount)
        let claims = gatherer.ledger.claims(of: owner)
        let deletion: MountDeletion
        do {
            deletion = try await plan(of: mount, claims)
            if let disabled = deletion.disabled, let refusal = await refusal(toDisable: disabled) {
                try await report(.cleanupFailed(refusal), on: mount)
                throw ConvergenceError(refusal)
            }
            let paths = deletion.deleted + (deletion.disabled.map { [$0] } ?? [])
            try await applier.delete(inOrder: paths, owner: owner, of: mount)
        } catch {
            throw try await end(error, of: mount) { failure, deletion in
                let outcome = (deletion?.outcome ?? failure.outcome).unfinished(
                    "Not everything is deleted in Vault yet.", EffectiveBoundary.orphaning)
                try await report(.cleanupFailed(outcome), on: mount)
            }
        }
        if !deletion.left.isEmpty {
            reporter.event(
                .normal, EventReason.orphaned, action: "Delete",
                "left behind: \(deletion.left.joined(separator: ", "))", on: mount)
        }
        try await gatherer.ledger.release(gatherer.ledger.paths(of: owner), of: owner)
        try await reporter.removeFinalizer(from: mount)
        converged.remove(mount.key)
        fights.remove(uid: mount.metadata.uid)
        book.forget(mount.key)
        return .done
    }

    /// Why a mount is not disabled now: everything in it would go, from under those who use it.
    private func refusal(toDisable path: String) async -> ConditionOutcome? {
        guard let location = MountLocation(claimPath: path), let users = await users?.users(of: location),
            !users.isEmpty
        else { return nil }
        let shown = users.prefix(3).map(\.description).joined(separator: ", ")
        let more = users.count > 3 ? " and \(users.count - 3) more" : ""
        return .fails(
            .mountInUse,
            "mount \(location.mountPath) is used by the VaultRoleBindings \(shown)\(more): to disable it would destroy "
                + "what is in it. Delete them first, or set spec.deletionPolicy to Orphan")
    }

    /// What is to be deleted: decided from what the ledger says, and from the mounts that there are now. To leave
    /// everything as it is, nothing has to be asked.
    private func plan(
        of mount: VaultMount, _ claims: [OwnershipRecord.Claim]
    ) async throws(VaultError) -> MountDeletion {
        let policy = mount.spec.deletionPolicy ?? .orphan
        var listing: JSONValue?
        if let path = MountDeletion.listingPath(for: claims, policy: policy) {
            try gate.check()
            listing = try await gatherer.vault.read(path)
        }
        return MountDeletion.make(
            of: claims, listing: listing, policy: policy, ownerUID: mount.metadata.uid ?? "")
    }

    /// Whether the mount was as declared before, so that a difference is drift. After a start only its own status tells,
    /// which nobody but the operator and the platform team may write.
    private func wasConverged(_ mount: VaultMount, _ sources: MountSources?) -> Bool {
        let generation = mount.metadata.generation
        if let sources,
            converged.contains(MountState(generation: generation, sources: sources), of: mount.metadata)
        {
            return true
        }
        guard book.sources(of: mount.key) == nil else { return false }
        return [ConditionType.mountSynced, ConditionType.configurationSynced].allSatisfy { type in
            let condition = mount.condition(type)
            return condition?.status == .yes && condition?.observedGeneration == generation
        }
    }

    private func report(_ outcome: MountOutcome, on mount: VaultMount) async throws {
        let status = MountStatusMaker.status(of: mount, outcome: outcome, now: environment.clock.wallTime.rfc3339)
        try await reporter.report(status, on: mount)
    }
}
