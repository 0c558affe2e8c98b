import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardCore
import VaultClient

/// What becomes of what an earlier binding of the same namespace and name had, which went without being cleaned up.
extension BindingReconciler {
    /// What it had is not for one that is not accepted, whatever the boundary says of what its own objects become: it goes at
    /// once, as it would if there were none of the name.
    func endRefusedInheritance(of binding: VaultRoleBinding) async throws {
        guard let former = gatherer.ledger.predecessor(of: OwnershipRecord.Owner(of: binding)) else { return }
        try gate.check()
        // Of the spec that it has by now: an edit to another one that is refused holds nothing off.
        let live = try await reporter.ensureSame(binding)
        let boundary = try await confirmRefusal(of: live, withdraws: false)
        try await end(former.owner, within: boundary, before: binding)
    }

    /// Ends what a predecessor had and an accepted one must not have, before anything is made for that one. What stands
    /// against it is said, and shorter tokens do not wait for it.
    ///
    /// - Returns: UID of its namespace; nil while that is not known.
    func endInheritance(of binding: VaultRoleBinding, for access: DesiredAccess) async throws -> String? {
        do {
            let namespaceUID = try await namespaceUID(of: binding, for: access)
            // What is left becomes the binding's own, and is deleted and told as what an earlier spec of its own left.
            _ = try await endForeignInheritance(of: binding, namespaceUID: namespaceUID)
            return namespaceUID
        } catch let doubt as BoundaryDoubt {
            noteHeir(binding)
            try await report(
                ofAll: .fails(.pending, doubt.description), tokens: limitTokens(of: binding), access, on: binding)
            throw doubt
        } catch let failure as ReadFailure {
            // Before the status, which may be impossible to write.
            noteHeir(binding)
            try await report(ofAll: failure.outcome, tokens: limitTokens(of: binding), access, on: binding)
            throw failure.error.retry
        }
    }

    /// Lets an accepted one be waited for that cannot inherit yet, as its identity is not as declared. What it must not have goes
    /// all the same, now: whoever can bring that about for a while would keep it for that long.
    ///
    /// - Returns: what of that could not be deleted, and reaches nobody; nil when nothing is left.
    func awaitInheritance(of binding: VaultRoleBinding) async throws -> Excess? {
        guard gatherer.ledger.predecessor(of: OwnershipRecord.Owner(of: binding)) != nil else { return nil }
        let leftover: DeletionFailure?
        do {
            leftover = try await endForeignInheritance(
                of: binding, namespaceUID: boundaries.source.namespaceUID(binding.metadata.namespace ?? ""))
        } catch let doubt as BoundaryDoubt {
            noteHeir(binding)
            throw doubt
        } catch let failure as ReadFailure {
            noteHeir(binding)
            throw failure.error.retry
        } catch {
            if error.isOfVaultAsAWhole { noteHeir(binding) }
            throw try await end(error, of: binding) { _, _ in }
        }
        noteHeir(binding)
        return try leftover.map { try excess($0.outcome, after: $0.error, of: binding) }
    }

    /// Lets the sweep wait for an accepted binding that cannot inherit yet, for no fault of its own.
    func noteHeir(_ binding: VaultRoleBinding) {
        let ledger = gatherer.ledger
        guard ledger.predecessor(of: OwnershipRecord.Owner(of: binding)) != nil else { return }
        ledger.heirs.note(binding.key)
    }

    /// What it had in an earlier namespace of the name goes if tokens of that one would get what the policies of this one give:
    /// those names are reserved from then on, until the tokens have ended (threat T20). Of what it had otherwise goes what this
    /// one must not have.
    ///
    /// - Parameter namespaceUID: of the namespace now.
    /// - Returns: what could not be deleted, and reaches nobody; nil when nothing is left.
    private func endForeignInheritance(
        of binding: VaultRoleBinding, namespaceUID: String?
    ) async throws -> DeletionFailure? {
        guard let former = gatherer.ledger.predecessor(of: OwnershipRecord.Owner(of: binding)) else { return nil }
        try gate.check()
        guard let namespaceUID, let formerUID = former.namespaceUID, formerUID != namespaceUID,
            former.claims.contains(where: { OwnershipRecord.Tombstone.isLeft(at: $0.path) })
        else { return try await endExcessInheritance(of: binding, from: former.owner) }
        // Whatever the spec says by now.
        try await reporter.ensureSame(binding)
        let boundary = try await boundaries.certain(inNamespace: binding.metadata.namespace)
        try await end(former.owner, within: boundary, before: binding)
        return nil
    }

    /// What is outside of the boundary goes, whatever that says of violations: with the first claim all that is there becomes
    /// the binding's, which keeps it as long as a part of its own spec fails (rule own-31). What is inside stays.
    ///
    /// - Returns: a database role that could not be deleted, as leases that are not revoked may keep it for good. The logins and
    ///   policies that reached it are gone by then, so it is in nobody's way (rule own-43).
    /// - Throws: `ReadFailure` for what could not be looked at, after the rest; `DeletionFailure` for a login or policy;
    ///   `VaultError`, `BoundaryDoubt`, `StaleObject`, `KubernetesError`.
    private func endExcessInheritance(
        of binding: VaultRoleBinding, from former: OwnershipRecord.Owner
    ) async throws -> DeletionFailure? {
        var leftover: DeletionFailure?
        let held = gatherer.ledger.paths(of: former)
        let (objects, unread) = try await gatherer.standing(at: held)
        let cached = boundaries.effective(inNamespace: binding.metadata.namespace)
        if !outside(objects, of: held, for: binding, within: cached).isEmpty {
            try await reporter.ensureSame(binding)
            let boundary = try await boundaries.certain(inNamespace: binding.metadata.namespace)
            let excess = outside(objects, of: held, for: binding, within: boundary)
            guard !excess.isEmpty else { throw StaleObject() }
            let kept = boundary.allowsOrphan ? gatherer.ledger.orphans(of: former) : []
            let ended = excess.filter { !kept.contains($0) }
            if !ended.isEmpty {
                do {
                    try await applier.delete(ended, users: users(of: objects), owner: former, of: binding)
                    reporter.event(
                        .warning, EventReason.withdrawn, action: "Withdraw",
                        "withdrawn what an earlier VaultRoleBinding of this name had and this one must not have",
                        on: binding)
                } catch let failure as DeletionFailure where failure.reachesNobody {
                    leftover = failure
                }
            }
        }
        // It is not inherited unseen.
        if let trouble = unread.first { throw trouble }
        return leftover
    }

    /// Which of the objects that are held are outside of a boundary.
    private func outside(
        _ objects: [String: JSONValue], of held: [String], for binding: VaultRoleBinding,
        within boundary: EffectiveBoundary
    ) -> [String] {
        var inside = Set(held)
        // In the order in which they are made: what goes must not be what another one is allowed for.
        for kind in VaultObjectKind.allCases {
            for (path, data) in objects where VaultObjectKind(path: path) == kind {
                let isOutside = boundaries.isOutside(
                    standing: [path: data], held: inside, of: binding, within: boundary)
                if isOutside { inside.remove(path) }
            }
        }
        return held.filter { !inside.contains($0) }
    }

    private func end(
        _ former: OwnershipRecord.Owner, within boundary: EffectiveBoundary, before binding: VaultRoleBinding
    ) async throws {
        let kept = boundary.allowsOrphan ? gatherer.ledger.orphans(of: former) : []
        let held = gatherer.ledger.paths(of: former)
        try await applier.delete(held.filter { !kept.contains($0) }, releasing: held, owner: former, of: binding)
        reporter.event(
            .warning, EventReason.withdrawn, action: "Withdraw",
            "withdrawn what an earlier VaultRoleBinding of this name had", on: binding)
    }

    /// UID of a binding's namespace: what the cache says, unless it decides who may have a name that somebody had before.
    func namespaceUID(of binding: VaultRoleBinding, for access: DesiredAccess) async throws -> String? {
        let ledger = gatherer.ledger
        let isDecisive =
            ledger.predecessor(of: OwnershipRecord.Owner(of: binding)) != nil
            || ledger.holder(of: access.policyPath) == nil && ledger.isReserved(access.policyPath)
        let namespace = binding.metadata.namespace
        guard isDecisive else { return boundaries.namespaceUID(namespace) }
        return try await boundaries.source.namespaceUID(namespace ?? "")
    }

    /// How long the logins of an earlier binding of its name still stay: a binding and its identity that are put back, as from
    /// a backup, come one after the other, and their workload shall not notice. Not those of an earlier namespace of the
    /// name, which may have been somebody else's.
    ///
    /// - Returns: nil when there are none that may, or the time is over.
    func graceOfLogins(before binding: VaultRoleBinding) async throws -> Duration? {
        guard let former = gatherer.ledger.predecessor(of: OwnershipRecord.Owner(of: binding)),
            let created = binding.metadata.creationTimestamp.flatMap(WallTime.init(rfc3339:))
        else { return nil }
        let age = environment.clock.wallTime.secondsSince1970 - created.secondsSince1970
        guard age < 60, let formerUID = former.namespaceUID,
            try await boundaries.source.namespaceUID(binding.metadata.namespace ?? "") == formerUID
        else { return nil }
        return .seconds(60 - max(age, 0))
    }

    /// As long as it is not known whose logins a binding is for, those of an earlier one of its name are nobody's.
    func closeLogins(before binding: VaultRoleBinding) async throws {
        guard let former = gatherer.ledger.predecessor(of: OwnershipRecord.Owner(of: binding))?.owner else { return }
        let logins = gatherer.ledger.paths(of: former).filter { VaultObjectKind(path: $0) == .authRole }
        guard !logins.isEmpty else { return }
        do {
            try gate.check()
            // The identity that it names by now.
            try await confirmAbsenceOfSubject(of: reporter.ensureSame(binding))
            try await applier.delete(logins, owner: former, of: binding)
        } catch {
            throw try await end(error, of: binding) { _, _ in }
        }
    }
}
