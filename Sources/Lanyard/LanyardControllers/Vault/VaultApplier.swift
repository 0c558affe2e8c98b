import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardCore
import VaultClient

/// Carries out in Vault what a plan says, and tells of it. What a binding and a mount have of their own is in extensions.
struct VaultApplier<Object: ConditionedResource>: Sendable {
    let vault: any VaultAPI
    let ledger: OwnershipLedger
    let reporter: ObjectReporter<Object>

    /// What keeps the object of a step from being in place before anything was tried; nil when nothing does.
    func obstacle(to step: some VaultStep, for object: Object) -> ConditionOutcome? {
        switch step.decision {
        case .blocked(let outcome):
            return outcome
        case .act(.needsRecreate(let message)):
            return .fails(.needsRecreate, message + step.recreationNote)
        case .act(.reportDrift(let message, let differences)):
            // Counted when it is told, and not again as long as it stays.
            if !object.hasReportedDrift(in: step.conditionType) { DriftMetrics.record(differences, of: step.drift) }
            return .fails(.driftDetected, "\(message); not corrected (driftPolicy Report)")
        case .act(.conflict(let message)):
            return .fails(.conflict, message)
        case .act:
            return nil
        }
    }

    /// Tells of a step that was carried out, and counts what somebody had changed.
    ///
    /// - Parameter warning: what is added to the note.
    func tell(of step: some VaultStep, adding warning: String = "", on object: Object) {
        guard case .act(let action) = step.decision else { return }
        let (path, title) = (step.path, step.title)
        let write: RemoteWrite
        var (kind, reason, verb) = (ObjectEvent.Kind.normal, step.updateReason, "Update")
        let note: String
        switch action {
        case .claim:
            write = RemoteWrite(.claimed, vault: path)
            (reason, verb, note) = (EventReason.claimed, "Claim", "\(title) was already as declared")
        case .create(let isDrift):
            write = RemoteWrite(.created, vault: path, isDrift: isDrift)
            note = isDrift ? "\(title) had been deleted and was created again" : "created \(title)"
        case .adopt(let differences):
            write = RemoteWrite(.adopted, vault: path, differences)
            (kind, reason, verb) = (step.loss == nil ? .normal : .warning, EventReason.adopted, "Adopt")
            // First who loses something: the note may be cut.
            let loss = step.loss.map { ", from \($0)" } ?? ""
            note = "took over \(title)\(loss): \(FieldDifference.summary(differences))"
        case .update(let differences, let isDrift):
            write = RemoteWrite(.updated, vault: path, differences, isDrift: isDrift)
            note = "\(title): \(FieldDifference.summary(differences))"
        case .recreate(let differences, let isDrift):
            write = RemoteWrite(.recreated, vault: path, differences, isDrift: isDrift)
            note = "made \(title) anew: \(FieldDifference.summary(differences))"
        case .none, .needsRecreate, .reportDrift, .conflict:
            return
        }
        reporter.log(write, for: object)
        if let differences = step.corrected {
            DriftMetrics.record(differences, of: step.drift)
            (kind, reason) = (.warning, EventReason.driftCorrected)
        }
        reporter.event(kind, reason, action: verb, note + warning, on: object)
    }

    /// Deletes claimed objects in the given order, those of one kind at the same time, and then gives up their claims in one
    /// write. One that cannot be deleted holds up what comes after it in the order, and not the others of its kind. A mount that
    /// is disabled takes what is in it with it.
    ///
    /// - Parameters:
    ///   - users: by the path of an object, the claim of the database user that goes with it (rule own-34).
    ///   - rest: claims that are given up as well, if all is gone.
    ///   - revokesLeases: whether leases of database roles are revoked first.
    /// - Throws: `DeletionFailure` for the first object that cannot be deleted, once the claims of what is gone are given up;
    ///   `KubernetesError` for the ledger, which with an object that lives on may be before anything is deleted.
    func delete(
        inOrder paths: [String], users: [String: String] = [:], releasing rest: [String] = [],
        owner: OwnershipRecord.Owner, of object: Object, revokesLeases: Bool = false
    ) async throws {
        var failure: DeletionFailure?
        var patience = PassPatience()
        var gone: [String] = []
        var shared: [String] = []
        for group in Self.groups(of: paths) {
            // Only what this owner holds.
            let held = group.paths.filter { ledger.holder(of: $0)?.isSameObject(as: owner) == true }
            // Two have it after a backup was restored: then it is left to the other one (threat T41).
            let own = held.filter { !ledger.isClaimed($0, besides: owner) }
            shared += held.filter { !own.contains($0) }
            if let failure, failure.error.affectsAll || failure.kind != group.kind || patience.isOver { continue }
            // Of an object that lives on nothing is missed as if somebody had deleted it, however soon this process ends and whatever
            // Vault answers: before the first of it goes, the ledger says that it is not as it was.
            if !own.isEmpty, !object.metadata.isBeingDeleted { try await ledger.forgetState(of: owner) }
            for (path, trouble) in await delete(atOnce: own, revokesLeases: revokesLeases, with: &patience) {
                guard let trouble else {
                    gone += [path] + [users[path]].compactMap(\.self)
                    reporter.log(RemoteWrite(.deleted, vault: path), for: object)
                    reporter.event(.normal, EventReason.cleanedUp, action: "Delete", "deleted \(path)", on: object)
                    continue
                }
                let isWorse = trouble.error.affectsAll && failure?.error.affectsAll == false
                if failure == nil || isWorse { failure = trouble }
            }
        }
        if failure == nil { gone += rest.filter { !gone.contains($0) } }
        if !shared.isEmpty { try await ledger.release(shared, of: owner, wasMade: false) }
        if !gone.isEmpty { try await ledger.release(gone, of: owner) }
        if let failure { throw failure }
    }

    /// What is deleted at the same time, in order: objects of one kind. What only mounts have goes alone.
    private static func groups(of paths: [String]) -> [(kind: VaultObjectKind?, paths: [String])] {
        var groups: [(kind: VaultObjectKind?, paths: [String])] = []
        for path in paths {
            let kind = VaultObjectKind(path: path)
            if kind != nil, let last = groups.indices.last, groups[last].kind == kind {
                groups[last].paths.append(path)
            } else {
                groups.append((kind: kind, paths: [path]))
            }
        }
        return groups
    }

    /// Deletes objects that do not need each other, no more of them at once than may be slow in one pass.
    ///
    /// - Returns: what kept each from going, nil when it is gone, in their order; nothing of those that did not begin.
    private func delete(
        atOnce paths: [String], revokesLeases: Bool, with patience: inout PassPatience
    ) async -> [(String, DeletionFailure?)] {
        await withTaskGroup(of: (Int, DeletionFailure?).self) { group in
            var ended: [(index: Int, failure: DeletionFailure?)] = []
            var waiting = Array(paths.indices)[...]
            var count = 0
            while true {
                while count < patience.room, let index = waiting.popFirst() {
                    let path = paths[index]
                    count += 1
                    group.addTask { await trouble(toDelete: path, at: index, revokesLeases: revokesLeases) }
                }
                guard let (index, failure) = await group.next() else { break }
                count -= 1
                ended.append((index: index, failure: failure))
                patience.note(failure?.error.outcome, behind: nil)
                if failure?.error.affectsAll == true { waiting = [] }
            }
            return ended.sorted { $0.index < $1.index }.map { (paths[$0.index], $0.failure) }
        }
    }

    /// Deletes one object.
    private func trouble(toDelete path: String, at index: Int, revokesLeases: Bool) async -> (Int, DeletionFailure?) {
        var step = path
        do throws(VaultError) {
            if revokesLeases, let leases = DatabaseLeases(ofRoleAt: path) {
                step = leases.revocationPath
                try await revoke(leases, wayOut: DatabaseLeases.wayOut)
                step = path
            }
            try await vault.delete(path)
        } catch  where error.code == .mountMissing && step == path {
            // The mount is gone, and everything in it. A revocation says nothing of that.
        } catch {
            let kind = VaultObjectKind(path: path)
            return (index, DeletionFailure(kind: kind, path: step, isRevocation: step != path, error: error))
        }
        return (index, nil)
    }

    /// Has the leases revoked before this returns, while the role that they are revoked through is there.
    ///
    /// With many leases that takes longer than a call may. The server goes on after that, and the next call finds less to
    /// do or nothing; so nobody has to wait for it all.
    ///
    /// - Parameter wayOut: what is added to a refusal.
    func revoke(_ leases: DatabaseLeases, wayOut: String?) async throws(VaultError) {
        do throws(VaultError) {
            try await vault.write(leases.revocationPath, ["sync": true])
        } catch  where error.code == .slow {
            // Only where the operator may list them.
            let left = try? await vault.count(below: leases.listingPath)
            throw VaultError(.slow, "its credentials are being revoked" + (left.map { "; \($0) are left" } ?? ""))
        } catch  where error.code == .rejected {
            let advice = wayOut.map { "; \($0)" } ?? ""
            throw VaultError(.rejected, "its credentials cannot all be revoked: \(error.message)\(advice)")
        }
    }
}

/// An object that could not be deleted.
struct DeletionFailure: Error {
    /// What it was; nil for a mount, and what only mounts have.
    let kind: VaultObjectKind?
    /// What was asked for: the path of the object, or that which revokes its leases.
    let path: String
    /// Whether the leases could not be revoked, which comes first.
    let isRevocation: Bool
    let error: VaultError

    /// How a condition says this.
    var outcome: ConditionOutcome { error.outcome(at: path) }

    /// Whether what is left reaches nobody: it is a database role, before which the logins and policies have gone that lead to it.
    var reachesNobody: Bool { kind == .databaseRole && !error.affectsAll }
}

extension Error {
    /// Whether Vault as a whole keeps a pass from going on. What it says of one object is a condition or a `DeletionFailure`; as
    /// an error of its own it ends a pass only when that is so, or as what the gate's last probe met, whatever it was.
    var isOfVaultAsAWhole: Bool { self is VaultError || (self as? DeletionFailure)?.error.affectsAll == true }
}
