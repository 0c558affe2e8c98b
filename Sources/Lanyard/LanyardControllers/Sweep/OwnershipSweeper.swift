package import ControllerRuntime
package import KubernetesClient
package import KubernetesModel
import LanyardAPI
import LanyardCore
import Logging
import Synchronization
package import VaultClient

/// Cleans up, now and then, what belonged to bindings that are gone without having been let go (rule sweep-4).
///
/// It has no resource of its own: what it does shows in the log, and in events on the operator's Lease.
package struct OwnershipSweeper: Reconciler {
    /// The one key that this reconciler works on.
    package static let key = ObjectKey(namespace: nil, name: "ownership-sweep")

    let api: any KubernetesAPI
    let vault: any VaultAPI
    let ledger: OwnershipLedger
    let gate: DependencyGate<VaultError>
    let boundaries: any BoundarySource
    /// The namespaces that are watched; none when all are.
    let namespaces: Set<String>
    let pace: Pace
    private let report: SweepReport
    private var logger: Logger { report.logger }
    private let memory: Memory

    private static let kinds: Set<String> = [VaultRoleBinding.descriptor.kind, VaultMount.descriptor.kind]

    /// What one sweep leaves to the next.
    private final class Memory: Sendable {
        struct State {
            var suspects: [SweepPlan.Suspect: Int] = [:]
            var doubtful: Set<String> = []
            var succession: LookSuccession
            /// The UIDs of the bindings that the last look that counted has listed, and the one before it.
            var listed = (now: Set<String>(), before: Set<String>())
        }

        let state: Mutex<State>

        init(every interval: Duration) { state = Mutex(State(succession: LookSuccession(every: interval))) }
    }

    /// A sweeper that suspects nobody yet.
    package init(
        api: any KubernetesAPI, vault: any VaultAPI, ledger: OwnershipLedger, gate: DependencyGate<VaultError>,
        boundaries: any BoundarySource, namespaces: [String], pace: Pace, report: SweepReport
    ) {
        self.api = api
        self.vault = vault
        self.ledger = ledger
        self.gate = gate
        self.boundaries = boundaries
        self.namespaces = Set(namespaces)
        self.pace = pace
        self.report = report
        memory = Memory(every: pace.interval)
    }

    package func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
        try await ledger.settleDoubt()
        let plan = try await plan()
        report.hold(plan.held)
        if let refusal = plan.refusal {
            logger.error("the sweep of ownership records stops", metadata: ["reason": "\(refusal)"])
            report.tell(.warning, EventReason.sweepStopped, "the sweep of ownership records stops: \(refusal)")
        }
        if !plan.abandoned.isEmpty { try gate.check() }
        // What cannot be deleted for one owner holds up no other one's.
        var failure: VaultError?
        var swept: [String] = []
        defer { reportSwept(swept) }
        for record in plan.abandoned {
            do {
                // One that claims nothing is only forgotten: its tombstones have ended.
                let isDone = try await cleanUp(record, isOverdue: plan.isOverdue(record))
                if isDone, !record.spec.claims.isEmpty { swept.append(record.metadata.name) }
            } catch let error as VaultError where !error.affectsAll {
                failure = failure ?? error
            } catch let doubt as BoundaryDoubt {
                // What becomes of it is for a later sweep to find out.
                logger.warning(
                    "a record without owner is left for later",
                    metadata: ["owner.name": "\(record.spec.owner.name)", "reason": "\(doubt)"])
            }
        }
        if let failure { throw failure }
        return pace.next()
    }

    /// Reads the records first and the owners then: whoever has a record is in the list, unless it is gone.
    private func plan() async throws -> SweepPlan {
        // What only reserves names is nobody's to clean up, until it says nothing any more. What is waited for is not without an
        // owner: it neither counts against the limit nor comes nearer to its last look meanwhile (rule sweep-11).
        let records = ledger.records.filter { !ledger.isReserving($0) && !isAwaited($0.spec.owner) }
        let now = pace.environment.clock.now
        let listed: Listing
        do {
            listed = try await listOwners()
        } catch {
            memory.state.withLock { state in
                state.suspects = [:]
                state.doubtful = Self.kinds
                state.succession.forget()
            }
            throw error
        }
        let judged = await unpaused(records, among: listed)
        return memory.state.withLock { state in
            let counts = state.succession.counts(at: now)
            if counts { state.listed = (listed.uids, state.listed.now) }
            state.doubtful.subtract(SweepPlan.OwnerName.kinds(of: listed.owners))
            let plan = SweepPlan.make(
                records: judged, kinds: Self.kinds, namespaces: namespaces, owners: listed.owners,
                doubtful: state.doubtful, previous: state.suspects, counts: counts)
            state.suspects = plan.suspects
            return plan
        }
    }

    /// What the API server has, page by page and not from a cache.
    private struct Listing {
        /// All bindings and mounts.
        var owners: Set<SweepPlan.OwnerName>
        /// The UIDs of the bindings.
        var uids: Set<String>
        /// Those of bindings that ask for a pause.
        var paused: [ObjectKey: String]
    }

    /// Those of some records that no paused namesake may take over yet (rule sweep-11). One of which it is not known whether it may
    /// pause is left for later.
    private func unpaused(_ records: [OwnershipRecord], among listed: Listing) async -> [OwnershipRecord] {
        var allows: [String: Bool] = [:]
        var judged: [OwnershipRecord] = []
        for record in records {
            let owner = record.spec.owner
            let namesake = listed.paused[ObjectKey(namespace: owner.namespace, name: owner.name)]
            guard owner.kind == VaultRoleBinding.descriptor.kind, let namesake, namesake != owner.uid else {
                judged.append(record)
                continue
            }
            if allows[owner.namespace] == nil {
                allows[owner.namespace] =
                    (try? await boundaries.current(inNamespace: owner.namespace))?.allowsPause ?? true
            }
            if allows[owner.namespace] == false { judged.append(record) }
        }
        return judged
    }

    private func listOwners() async throws -> Listing {
        // Nothing of a mount is deleted, whoever inherits its record.
        var owners = try await list(PartialObjectMetadata<MountKind>.self, namespace: nil) { _ in nil }
        let parts: [String?] = namespaces.isEmpty ? [nil] : namespaces.sorted()
        var uids: Set<String> = []
        var paused: [ObjectKey: String] = [:]
        for namespace in parts {
            owners.formUnion(
                try await list(PartialObjectMetadata<BindingKind>.self, namespace: namespace) { metadata in
                    uids.insert(metadata.uid ?? "")
                    if metadata.annotations?[LanyardGroup.pausedAnnotation] == "true" {
                        paused[metadata.key] = metadata.uid ?? ""
                    }
                    return metadata.uid ?? ""
                })
        }
        return Listing(owners: owners, uids: uids, paused: paused)
    }

    private func list<Kind: ResourceKind>(
        _ type: PartialObjectMetadata<Kind>.Type, namespace: String?, uid: (ObjectMeta) -> String?
    ) async throws -> Set<SweepPlan.OwnerName> {
        var owners: Set<SweepPlan.OwnerName> = []
        try await api.listAll(type, namespace: namespace) { owner in
            owners.insert(
                SweepPlan.OwnerName(
                    kind: Kind.descriptor.kind, namespace: owner.metadata.namespace ?? "",
                    name: owner.metadata.name, uid: uid(owner.metadata)))
        }
        return owners
    }

    private func reportSwept(_ names: [String]) {
        guard let first = names.first else { return }
        let others = names.count > 1 ? " and of \(names.count - 1) more" : ""
        report.tell(
            .normal, EventReason.sweptRecords,
            "cleaned up what was left of the owner of ownership record \(first)\(others), which is gone")
    }

    /// Deletes what a record names, auth roles first, and then the record.
    ///
    /// - Parameter isOverdue: whether no namesake is waited for any more.
    /// - Returns: whether it did; otherwise there is an owner again.
    private func cleanUp(_ record: OwnershipRecord, isOverdue: Bool) async throws -> Bool {
        let owner = record.spec.owner
        if owner.kind == VaultMount.descriptor.kind { return try await letGo(of: record) }
        let marked = Set(record.spec.claims.filter { $0.deletionPolicy == .orphan }.map(\.path))
        var rule = BindingPlan.OrphanRule.forbidden
        if !marked.isEmpty { rule = try await boundaries.current(inNamespace: owner.namespace).orphanRule }
        let spared = rule == .forbidden ? [] : marked
        for path in BindingPlan.deletionOrder(record.spec.claims.map(\.path)) where !spared.contains(path) {
            // A namesake that came back meanwhile inherits the rest.
            guard try await isGone(owner, isOverdue: isOverdue), ledger.isRecorded(owner) else { return false }
            // Two have it after a backup was restored: then it is not the one's who is gone (threat T41).
            guard !ledger.isClaimed(path, besides: owner) else {
                try await ledger.release([path], of: owner)
                continue
            }
            do throws(VaultError) {
                try await vault.delete(path)
            } catch  where error.code == .mountMissing {
                // The mount is gone, and everything in it.
            } catch {
                gate.note(error, waiting: Self.key)
                throw error
            }
            try await ledger.release([path], of: owner)
            logger.warning(
                "deleted what an owner that is gone had left behind",
                metadata: [
                    "vault.path": "\(path)", "owner.kind": "\(owner.kind)", "owner.namespace": "\(owner.namespace)",
                    "owner.name": "\(owner.name)",
                ])
        }
        guard try await isGone(owner, isOverdue: isOverdue) else { return false }
        // With the last claim went the record.
        guard ledger.isRecorded(owner) else { return true }
        if case .undecided(let doubt) = rule { throw BoundaryDoubt(doubt.message) }
        // What was to stay is nobody's from now on.
        try await ledger.release(ledger.paths(of: owner), of: owner)
        guard !spared.isEmpty else { return true }
        logger.warning(
            "left behind what an owner that is gone wanted to stay",
            metadata: [
                "vault.paths": "\(spared.sorted())", "owner.namespace": "\(owner.namespace)",
                "owner.name": "\(owner.name)",
            ])
        return true
    }

    /// Forgets what a mount that is gone held. Its mount stays: to delete one that nobody asked to be deleted would destroy
    /// what is in it.
    private func letGo(of record: OwnershipRecord) async throws -> Bool {
        let owner = record.spec.owner
        guard try await isGone(owner, isOverdue: false) else { return false }
        try await ledger.release(ledger.paths(of: owner), of: owner)
        logger.warning("left a mount behind whose owner is gone", metadata: ["owner.name": "\(owner.name)"])
        return true
    }

    /// Whether a namesake is to inherit what an owner had, as far as is known without asking.
    private func isAwaited(_ owner: OwnershipRecord.Owner) -> Bool {
        ledger.heirs.contains(ObjectKey(namespace: owner.namespace, name: owner.name))
    }

    /// - Parameter isOverdue: whether a namesake that came since the last sweep is not waited for.
    private func isGone(_ owner: OwnershipRecord.Owner, isOverdue: Bool) async throws -> Bool {
        if owner.kind == VaultMount.descriptor.kind {
            let key = ObjectKey(namespace: nil, name: owner.name)
            return try await api.get(PartialObjectMetadata<MountKind>.self, key) == nil
        }
        let key = ObjectKey(namespace: owner.namespace, name: owner.name)
        guard let namesake = try await api.get(PartialObjectMetadata<BindingKind>.self, key) else { return true }
        guard let uid = namesake.metadata.uid, uid != owner.uid else { return false }
        // One that came since the last sweep, or is paused, as after a restore, has not had its turn yet.
        let hadTurn = memory.state.withLock { $0.listed.now.contains(uid) && $0.listed.before.contains(uid) }
        guard hadTurn || isOverdue else { return false }
        // One that waits for others would lose for good what it is to inherit. Of what its boundary forbids, all that can be read
        // has gone before; that something cannot be read is no tenant's doing (rule own-42).
        guard !isAwaited(owner) else { return false }
        return try await !namesake.metadata.isPaused(by: boundaries.current(inNamespace: owner.namespace))
    }
}

/// The kind of mounts, of which only the names matter here.
private enum MountKind: ResourceKind {
    static let descriptor = VaultMount.descriptor
}

/// The kind of bindings, of which only the metadata matter here: one with a strange spec is an owner as well.
private enum BindingKind: ResourceKind {
    static let descriptor = VaultRoleBinding.descriptor
    /// Whether it is paused.
    static let annotations = ObjectProjection.Annotations.beginning(with: "\(LanyardGroup.name)/")
}
