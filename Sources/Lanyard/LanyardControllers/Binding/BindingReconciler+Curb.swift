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
        /// The kinds of objects of which a withdrawal has left none.
        var deleted: Set<VaultObjectKind> = []
    }

    /// Holds what exists to the boundary, where the spec is not what exists: whose it is is not known, it is not accepted, or not
    /// all of it could be made.
    ///
    /// - Parameter isPassing: whether that may be over in a moment; then nothing is withdrawn before it has lasted a while.
    func curb(_ binding: VaultRoleBinding, isPassing: Bool = false) async throws -> Curb {
        var curb = Curb()
        var interruption: (any Error)?
        do {
            let now = environment.clock.now
            if !isPassing || doubts.lasts(of: binding.key, at: now) {
                if try await withdrawStanding(of: binding) { curb.deleted = deletedKinds(of: binding) }
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
    /// boundary. What the spec asks for is made anew by the next pass that may.
    ///
    /// - Returns: whether it was deleted.
    /// - Throws: `ReadFailure` when nothing that could be read is outside and something could not; `VaultError`,
    ///   `DeletionFailure`, `BoundaryDoubt`, `StaleObject`, `KubernetesError`.
    private func withdrawStanding(of binding: VaultRoleBinding) async throws -> Bool {
        let boundary = boundaries.effective(inNamespace: binding.metadata.namespace)
        guard boundary.withdraws else { return false }
        let ledger = gatherer.ledger
        let owner = OwnershipRecord.Owner(of: binding)
        // What a predecessor had gives the same access.
        let holder = ledger.predecessor(of: owner)?.owner ?? owner
        let held = ledger.paths(of: holder)
        guard !held.isEmpty else { return false }
        try gate.check()
        let (objects, trouble) = try await gatherer.standing(at: held)
        guard boundaries.isOutside(standing: objects, held: Set(held), of: binding, within: boundary) else {
            if let trouble { throw trouble }
            return false
        }
        // By now it may have another spec, which is not what is judged here.
        try await reporter.ensureSame(binding)
        let current = try await boundaries.certain(inNamespace: binding.metadata.namespace)
        guard current.withdraws,
            boundaries.isOutside(standing: objects, held: Set(held), of: binding, within: current)
        else { throw StaleObject() }
        try await takeAway(held, of: holder, from: binding)
        return true
    }
}

extension Error {
    /// Whether it says that an object of the cluster could not be read or written as it was to be.
    var isOfCluster: Bool { self is KubernetesError || self is StaleObject }
}
