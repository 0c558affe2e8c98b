import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardCore
import VaultClient

extension BindingReconciler {
    /// Why tokens may still live longer than the boundary says.
    struct TokenExcess {
        let outcome: ConditionOutcome
        /// What the runtime is to do about it.
        let retry: any Error

        /// What a condition says: this first, as the end of a message may be cut.
        func told(before message: String) -> String {
            "tokens may live longer than the boundary says: \(outcome.message); \(message)"
        }
    }

    /// Makes the auth roles that exist keep to what the boundary says of tokens. Nobody loses access by that, and nothing
    /// becomes longer; so it waits neither for a subject nor for a spec that is accepted, and no author holds it off with one.
    /// It is not done by a boundary in doubt, which might allow more, and not in a pause, which a boundary allowed.
    ///
    /// - Returns: nil when no tokens may live longer, or nothing is done.
    func limitTokens(of binding: VaultRoleBinding) async throws -> TokenExcess? {
        let boundary = boundaries.effective(inNamespace: binding.metadata.namespace)
        guard boundary.undecided.isEmpty, !binding.metadata.isPaused(by: boundary) else { return nil }
        let limit = TokenLimit(of: boundary)
        let ledger = gatherer.ledger
        let owner = OwnershipRecord.Owner(of: binding)
        // What a predecessor had stays the predecessor's: it may have to go yet.
        let holder = ledger.predecessor(of: owner)?.owner ?? owner
        // The ledger has the longest life that there ever was: nothing is read before something had to be lowered.
        guard !limit.allows(life: ledger.tokenLife(of: holder)) else { return nil }
        let roles = ledger.paths(of: holder).filter {
            VaultObjectKind(path: $0) == .authRole && ledger.isHeld($0, byNoneBut: holder)
        }
        guard !roles.isEmpty else { return nil }
        do {
            if let failure = gate.currentFailure { throw failure }
            guard
                let trouble = try await applier.limitTokens(ofRolesAt: roles, to: limit, owner: holder, on: binding)
            else { return nil }
            return TokenExcess(outcome: trouble, retry: ConvergenceError(trouble))
        } catch let error as VaultError {
            if error.isOutage { gate.recordFailure(error, waiting: binding.key) }
            guard error.isWorthReporting else { throw error.retry }
            return TokenExcess(outcome: error.outcome, retry: error.retry)
        }
    }
}
