import ControllerRuntime
import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardCore
import VaultClient

/// What a boundary takes away from what exists, whatever the spec says by now: a spec that asks for less is not yet less access.
extension BindingReconciler {
    /// What may still be there though a boundary takes it away.
    struct Excess {
        let claim: String
        let outcome: ConditionOutcome
        /// What the runtime is to do about it.
        let retry: any Error

        /// What a condition says: this first, as the end of a message may be cut.
        func told(before message: String) -> String { "\(claim): \(outcome.message); \(message)" }

        /// What a condition says that would say something else without this.
        func over(_ other: ConditionOutcome) -> ConditionOutcome {
            let first = other.isTrue ? outcome : other
            return ConditionOutcome(first.status, first.reason, told(before: other.message))
        }
    }

    /// What became of what a boundary takes away.
    struct Curb {
        var excess: Excess?
        /// A database role that no policy gives, and that could not be deleted: all else stays as if it had gone (rule own-43).
        var leftover: Excess?
        /// The kinds of objects of which a withdrawal has left none.
        var deleted: Set<VaultObjectKind> = []

        /// What is to be said of both, where one condition says all.
        var first: Excess? { excess ?? leftover }
    }

    /// What came of a withdrawal.
    private struct Withdrawal {
        /// Whether all has gone that the binding held.
        var isComplete = false
        /// A database role that no policy gives, and that could not be deleted.
        var leftover: DeletionFailure?
    }

    /// What has to go of what exists.
    private enum Verdict {
        case nothing
        /// Database roles that no policy gives: what else there is does not lead there, and stays.
        case idle([String])
        case all
    }

    /// Holds what exists to the boundary, where the spec is not what exists: whose it is is not known, it is not accepted, or not
    /// all of it could be made.
    ///
    /// - Parameters:
    ///   - isPassing: whether that may be over in a moment; then nothing is withdrawn before it has lasted a while.
    ///   - unwanted: database roles that an accepted spec does not want. Those that no policy gives go, whatever the boundary
    ///     says of violations, though the rest of the spec may never be in place: a namesake has inherited them (rule own-31).
    func curb(
        _ binding: VaultRoleBinding, isPassing: Bool = false, unwanted: Set<String> = []
    ) async throws -> Curb {
        var curb = Curb()
        var interruption: (any Error)?
        do {
            let now = environment.clock.now
            if !isPassing || doubts.lasts(of: binding.key, at: now) {
                let withdrawal = try await withdrawStanding(of: binding, unwanted: unwanted)
                if withdrawal.isComplete { curb.deleted = deletedKinds(of: binding) }
                curb.leftover = try withdrawal.leftover.map { try excess($0.outcome, after: $0.error, of: binding) }
            }
            if !isPassing { doubts.remove(binding.key) }
        } catch let failure as DeletionFailure {
            curb.deleted = deletedKinds(of: binding)
            curb.excess = try excess(failure.outcome, after: failure.error, of: binding)
        } catch let failure as ReadFailure {
            curb.excess = try excess(failure.outcome, after: failure.error, of: binding)
        } catch let error as VaultError {
            curb.excess = try excess(error.outcome, after: error, of: binding)
        } catch let doubt as BoundaryDoubt {
            curb.excess = Excess(claim: Self.takenAway, outcome: .fails(.pending, doubt.description), retry: doubt)
        } catch let error where error.isOfCluster {
            interruption = error
        }
        let tokens = try await limitTokens(of: binding)
        if let interruption { throw interruption }
        curb.excess = curb.excess ?? tokens
        return curb
    }

    private static var takenAway: String { "what the boundary takes away may still be there" }

    /// What may still be there as Vault kept it from being deleted.
    ///
    /// - Throws: what Vault failed with, when that says nothing of the binding.
    func excess(
        _ outcome: ConditionOutcome, after error: VaultError, of binding: VaultRoleBinding
    ) throws -> Excess {
        Excess(claim: Self.takenAway, outcome: outcome, retry: try gate.retry(after: error, waiting: binding.key))
    }

    /// Deletes all that a binding holds if some of it gives what a boundary takes away, once the API server itself has shown that
    /// boundary. What the spec asks for is made anew by the next pass that may. If that is only a database role that no policy
    /// gives, it goes alone: one that cannot be deleted, and is left over, would take the rest with it each time.
    ///
    /// - Throws: `ReadFailure` when nothing that could be read is outside and something could not; `VaultError`,
    ///   `DeletionFailure`, `BoundaryDoubt`, `StaleObject`, `KubernetesError`.
    private func withdrawStanding(
        of binding: VaultRoleBinding, unwanted: Set<String>
    ) async throws -> Withdrawal {
        let boundary = boundaries.effective(inNamespace: binding.metadata.namespace)
        guard boundary.withdraws || !unwanted.isEmpty else { return Withdrawal() }
        let ledger = gatherer.ledger
        let owner = OwnershipRecord.Owner(of: binding)
        // What a predecessor had gives the same access.
        let holder = ledger.predecessor(of: owner)?.owner ?? owner
        let held = ledger.paths(of: holder)
        guard !held.isEmpty else { return Withdrawal() }
        try gate.check()
        let (objects, unread) = try await gatherer.standing(at: held)
        let trouble = unread.first
        func verdict(within boundary: EffectiveBoundary) -> Verdict {
            let idle = BindingBoundaryCheck.idleRoles(among: objects, unread: Set(unread.map(\.path)))
            return self.verdict(
                on: objects, held: Set(held), idle: boundary.withdraws ? idle : idle.intersection(unwanted),
                of: binding, within: boundary)
        }
        if case .nothing = verdict(within: boundary) {
            if boundary.withdraws, let trouble { throw trouble }
            return Withdrawal()
        }
        // By now it may have another spec, which is not what is judged here.
        try await reporter.ensureSame(binding)
        let current = try await boundaries.certain(inNamespace: binding.metadata.namespace)
        switch verdict(within: current) {
        case .nothing:
            throw StaleObject()
        case .idle(let roles):
            do {
                try await applier.delete(roles, users: users(of: objects), owner: holder, of: binding)
            } catch let failure as DeletionFailure where failure.reachesNobody {
                return Withdrawal(leftover: failure)
            }
            if current.withdraws, let trouble { throw trouble }
            return Withdrawal()
        case .all:
            try await takeAway(held, of: holder, from: binding)
            return Withdrawal(isComplete: true)
        }
    }

    /// What of some objects has to go.
    ///
    /// - Parameter idle: database roles that may go alone.
    private func verdict(
        on objects: [String: JSONValue], held: Set<String>, idle: Set<String>, of binding: VaultRoleBinding,
        within boundary: EffectiveBoundary
    ) -> Verdict {
        func isOutside(_ objects: [String: JSONValue]) -> Bool {
            boundaries.isOutside(standing: objects, held: held, of: binding, within: boundary)
        }
        let alone = idle.filter { role in isOutside(objects.filter { $0.key == role }) }
        if boundary.withdraws, isOutside(objects.filter { !alone.contains($0.key) }) { return .all }
        return alone.isEmpty ? .nothing : .idle(alone.sorted())
    }

    /// By the path of a static role, the claim of the database user that goes with it (rule own-34).
    func users(of objects: [String: JSONValue]) -> [String: String] {
        Dictionary(
            uniqueKeysWithValues: objects.compactMap { path, data in
                DatabaseUserClaim.path(ofRole: data, at: path).map { (path, $0) }
            })
    }
}

extension Error {
    /// Whether it says that an object of the cluster could not be read or written as it was to be.
    var isOfCluster: Bool { self is KubernetesError || self is StaleObject }
}
