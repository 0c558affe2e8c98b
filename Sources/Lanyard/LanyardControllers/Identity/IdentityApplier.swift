import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardCore
import SPIREClient

/// Carries out the plan for the registration entries of an identity.
struct IdentityApplier: Sendable {
    let registry: any EntryRegistry
    let inventory: EntryInventory
    let bundles: FederatedBundles
    let reporter: ObjectReporter<WorkloadIdentity>

    /// What became of a plan.
    struct Result: Equatable {
        /// What failed of single entries, by ID in order.
        var failures: [ConditionOutcome]
        /// Whether an entry that somebody had deleted was made again.
        var recreated: Bool
        /// Whether entries were made.
        var hasMade: Bool
        /// Entries of others that have what is wanted, by ID.
        var foreignHolders: [String: RegistrationEntry.Tuple]
        /// Entries of ours that could not be moved to what the spec says, as they are.
        var standing: [RegistrationEntry]
    }

    /// Applies.
    ///
    /// - Throws: `SPIREError` when the server as a whole does not do what it is asked; the plan is then made anew.
    func apply(_ plan: IdentityPlan, to identity: WorkloadIdentity) async throws(SPIREError) -> Result {
        var pass = Pass(identity: identity, adopts: plan.adopts)
        try await delete(plan.withdrawals, of: identity)
        for step in plan.steps {
            switch step.action {
            case .none:
                inventory.confirm(step.desired.entry)
            case .reportDrift(let fields):
                if !identity.hasReportedDrift(in: ConditionType.entriesSynced) {
                    DriftMetrics.record(fields: Set(fields.map(\.rawValue)), of: .entry)
                }
                pass.fail(step, driftOutcome(of: step, fields: fields))
            case .conflict(let message):
                pass.fail(step, .fails(.conflict, message))
            case .create, .update:
                break
            }
        }
        try await update(plan.steps, in: &pass)
        try await create(plan.steps, in: &pass)
        reporter.report(pass.changes, on: identity)
        try await delete(plan.deletions + (pass.failures.isEmpty ? plan.replaced : []), of: identity)
        return Result(
            failures: pass.failures.sorted { $0.key < $1.key }.map(\.value),
            recreated: pass.changes.contains(where: \.isRecreation),
            hasMade: pass.changes.contains(where: \.isCreation), foreignHolders: pass.foreignHolders,
            standing: pass.standing)
    }

    /// Deletes entries of an identity; one that is gone is fine.
    ///
    /// - Throws: `SPIREError`.
    func delete(_ ids: [String], of identity: WorkloadIdentity) async throws(SPIREError) {
        guard let first = ids.first else { return }
        inventory.doubt(ids)
        var failure: SPIREError?
        for (id, result) in zip(ids, await registry.delete(ids: ids)) {
            switch result {
            case .success:
                inventory.remove(id)
                reporter.log(RemoteWrite(.deleted, entry: id), for: identity)
            case .failure(let error): failure = failure ?? error
            }
        }
        if let failure { throw failure }
        let others = ids.count > 1 ? " and \(ids.count - 1) more" : ""
        reporter.event(
            .normal, EventReason.cleanedUp, action: "Delete", "deleted registration entry \(first)\(others)",
            on: identity)
    }

    /// Marks entries that their author leaves behind, so that the sweep spares them; best effort. What an earlier identity of
    /// the name had is not this author's to leave (rule own-39).
    func orphan(_ ids: [String], of identity: WorkloadIdentity) async {
        for (id, result) in zip(ids, await registry.entries(ids: ids)) {
            if case .success(let entry?) = result, !entry.isInherited(by: identity.metadata) {
                _ = try? await registry.update(OrphanMark.applied(to: entry), fields: [.expiresAt])
            }
            inventory.remove(id)
        }
    }

    /// Marks entries as an heir's own; best effort, as a later pass does it as well.
    func mark(_ entries: [RegistrationEntry], for heir: WorkloadIdentity) async {
        let results = await registry.update(entries.map { EntryUpdate($0, fields: [.expiresAt]) })
        for (entry, result) in zip(entries, results) {
            guard case .success(true) = result else { continue }
            inventory.observe(entry.id, entry)
            reporter.log(RemoteWrite(.claimed, entry: entry.id), for: heir)
        }
    }

    // MARK: - Updates and creations

    private func update(_ steps: [IdentityPlan.Step], in pass: inout Pass) async throws(SPIREError) {
        var updates: [Update] = []
        for step in steps {
            guard case .update(let fields, let isDrift) = step.action else { continue }
            guard let other = step.takesOver else {
                updates.append((step, fields, isDrift))
                continue
            }
            // One by one: ours follows what it takes the place of at once.
            if try await remove(other, for: step, in: &pass) { try await send([(step, fields, isDrift)], in: &pass) }
        }
        try await send(updates, in: &pass)
    }

    private typealias Update = (IdentityPlan.Step, Set<EntryField>, Bool)

    private func send(_ updates: [Update], in pass: inout Pass) async throws(SPIREError) {
        guard !updates.isEmpty else { return }
        inventory.doubt(updates.map(\.0.desired.entry.id))
        let results = await registry.update(updates.map { EntryUpdate($0.0.desired.entry, fields: $0.1) })
        for ((step, fields, isDrift), result) in zip(updates, results) {
            let entry = step.desired.entry
            switch result {
            case .success(true):
                inventory.confirm(entry)
                let summary = step.actual.map { EntryComparison.summary(fields, desired: entry, actual: $0) } ?? ""
                pass.changes.append(.init(id: entry.id, kind: .updated(fields, summary: summary, isDrift: isDrift)))
                if isDrift { DriftMetrics.record(fields: Set(fields.map(\.rawValue)), of: .entry) }
            case .success(false):
                inventory.observe(entry.id, nil)
                pass.fail(step, .fails(.pending, "entry \(entry.id) was deleted while it was being updated"))
            case .failure(let error):
                if let other = step.takesOver { await restore(other, after: error) }
                try fail(step, with: error, in: &pass)
            }
        }
    }

    private func create(_ steps: [IdentityPlan.Step], in pass: inout Pass) async throws(SPIREError) {
        let creations = steps.compactMap { step in
            if case .create(let isDrift) = step.action { (step, isDrift) } else { nil }
        }
        guard !creations.isEmpty else { return }
        inventory.doubt(creations.map(\.0.desired.entry.id))
        let results = await registry.create(creations.map(\.0.desired.entry))
        for ((step, isDrift), result) in zip(creations, results) {
            let entry = step.desired.entry
            do throws(SPIREError) {
                switch try result.get() {
                case .created(let made):
                    inventory.observe(entry.id, made)
                    inventory.confirm(entry)
                    pass.changes.append(
                        .init(id: entry.id, kind: .created(spiffeID: entry.spiffeID, isDrift: isDrift)))
                    if isDrift { DriftMetrics.record(fields: [], of: .entry) }
                case .similarExists(let other) where other.id == entry.id:
                    // Ours after all: an earlier attempt whose answer was lost.
                    try await adjust(other, to: step, in: &pass)
                case .similarExists(let other) where pass.adopts && !EntryName.isLanyards(other.id):
                    guard try await remove(other, for: step, in: &pass) else { continue }
                    do throws(SPIREError) {
                        try await replace(other, with: step, in: &pass)
                    } catch {
                        await restore(other, after: error)
                        throw error
                    }
                case .similarExists(let other):
                    conflict(step, with: other, in: &pass)
                case .idTaken:
                    // An entry with our ID, and with another tuple: it was not known to be there. Never created, updated.
                    guard let actual = try await registry.entry(id: entry.id) else {
                        throw SPIREError(.serverError, "the ID of the entry is taken, and there is no such entry")
                    }
                    try await adjust(actual, to: step, in: &pass)
                }
            } catch {
                try fail(step, with: error, in: &pass)
            }
        }
    }

    /// Takes the tuple of somebody else's entry: SPIRE has no second entry with it, so that one goes first. What follows makes
    /// ours at once, so that agents, which look every few seconds, see one entry in place of the other. Should this process
    /// end in between, the next pass makes it.
    ///
    /// - Returns: whether it is gone; if not, the step has failed.
    private func remove(
        _ other: RegistrationEntry, for step: IdentityPlan.Step, in pass: inout Pass
    ) async throws(SPIREError) -> Bool {
        // What is not ours goes for what the author says now.
        let live = try? await reporter.ensureCurrent(pass.identity)
        guard live?.metadata.annotations?[LanyardGroup.adoptAnnotation] == "true" else {
            pass.fail(step, .fails(.pending, "it is looked at again whether entry \(other.id) is to be taken over"))
            return false
        }
        try await registry.delete(id: other.id)
        let fields = EntryComparison.differences(desired: step.desired.entry, actual: other)
        let id = Excerpt.quoting(other.id, limit: 255)
        let differences =
            fields.isEmpty
            ? "it was as declared"
            : "it had \(EntryComparison.summary(fields, desired: step.desired.entry, actual: other))"
        reporter.event(
            .normal, EventReason.adopted, action: "Adopt",
            "took over entry \(id), which is deleted for \(step.desired.entry.id); \(differences)", on: pass.identity)
        return true
    }

    /// Makes an entry in the place of one that is gone.
    private func replace(
        _ other: RegistrationEntry, with step: IdentityPlan.Step, in pass: inout Pass
    ) async throws(SPIREError) {
        let entry = step.desired.entry
        switch try await registry.create(entry) {
        case .created:
            inventory.confirm(entry)
            pass.changes.append(.init(id: entry.id, kind: .created(spiffeID: entry.spiffeID, isDrift: false)))
        case .similarExists(let another) where another.id != entry.id:
            // Somebody makes it as often as it goes.
            conflict(step, with: another, in: &pass)
        case .similarExists, .idTaken:
            inventory.doubt([entry.id])
            pass.fail(step, .fails(.pending, "entry \(entry.id) was made at the same moment"))
        }
    }

    /// Puts an entry back that went for one of ours which SPIRE then refused; best effort. While SPIRE is away nothing is put
    /// back: the next pass makes ours.
    private func restore(_ other: RegistrationEntry, after error: SPIREError) async {
        if error.isAboutEntry { _ = try? await registry.create(other) }
    }

    private func conflict(_ step: IdentityPlan.Step, with other: RegistrationEntry, in pass: inout Pass) {
        inventory.observe(step.desired.entry.id, nil)
        pass.foreignHolders[other.id] = step.desired.entry.tuple
        pass.fail(step, .fails(.conflict, EntryAction.conflictMessage(holder: other)))
    }

    /// Brings an entry of ours that was found in a creation's place to what it should be.
    private func adjust(
        _ actual: RegistrationEntry, to step: IdentityPlan.Step, in pass: inout Pass
    ) async throws(SPIREError) {
        let entry = step.desired.entry
        let fields = EntryComparison.differences(desired: entry, actual: actual)
        if !fields.isEmpty {
            guard try await registry.update(entry, fields: fields) else {
                throw SPIREError(.serverError, "the entry was deleted while it was being updated")
            }
            let summary = EntryComparison.summary(fields, desired: entry, actual: actual)
            pass.changes.append(.init(id: entry.id, kind: .updated(fields, summary: summary, isDrift: false)))
        }
        inventory.confirm(entry)
    }

    /// Notes what the server says of one entry; what it says of itself ends the pass.
    private func fail(
        _ step: IdentityPlan.Step, with error: SPIREError, in pass: inout Pass
    ) throws(SPIREError) {
        guard error.isAboutEntry else {
            reporter.report(pass.changes, on: pass.identity)
            throw error
        }
        if error.code == .federatedBundleMissing { bundles.forget() }
        // It was refused: what was there before is still there, and nothing else.
        inventory.observe(step.desired.entry.id, step.actual)
        pass.fail(step, error.outcome)
    }

    private func driftOutcome(of step: IdentityPlan.Step, fields: Set<EntryField>) -> ConditionOutcome {
        let entry = step.desired.entry
        let summary =
            step.actual.map { EntryComparison.summary(fields, desired: entry, actual: $0) } ?? "it was deleted"
        return .fails(.driftDetected, "entry \(entry.id): \(summary); not corrected (driftPolicy Report)")
    }

    /// What one pass has done so far.
    private struct Pass {
        let identity: WorkloadIdentity
        let adopts: Bool
        var changes: [EntryChange] = []
        var failures: [String: ConditionOutcome] = [:]
        var foreignHolders: [String: RegistrationEntry.Tuple] = [:]
        var standing: [RegistrationEntry] = []

        mutating func fail(_ step: IdentityPlan.Step, _ outcome: ConditionOutcome) {
            let id = step.desired.entry.id
            failures[id] = outcome
            guard let actual = step.actual, actual.tuple != step.desired.entry.tuple,
                outcome.reason == .conflict || outcome.reason == .rejected
            else { return }
            standing.append(actual)
            failures[id] = ConditionOutcome(
                outcome.status, outcome.reason,
                "\(outcome.message); until then entry \(id) stays as it was, for \(actual.spiffeID)")
        }
    }
}
