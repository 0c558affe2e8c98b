import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardCore
import VaultClient

extension BindingReconciler {
    private static var longTokens: String { "tokens may live longer than the boundary says" }

    /// Makes the auth roles that exist keep to what the boundary says of tokens. Nobody loses access by that, and nothing
    /// becomes longer; so it waits neither for a subject nor for a spec that is accepted, and no author holds it off with one.
    /// It is not done by a boundary in doubt, which might allow more, nor on a cache's word, and not in a pause, which a boundary
    /// allowed.
    ///
    /// - Returns: nil when no tokens may live longer, or nothing is done.
    func limitTokens(of binding: VaultRoleBinding) async throws -> Excess? {
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
            try gate.check()
            guard
                let trouble = try await applier.limitTokens(
                    ofRolesAt: roles, to: limit, owner: holder, on: binding,
                    confirming: {
                        TokenLimit(of: try await boundaries.certain(inNamespace: binding.metadata.namespace))
                    })
            else { return nil }
            return Excess(claim: Self.longTokens, outcome: trouble, retry: ConvergenceError(trouble))
        } catch let doubt as BoundaryDoubt {
            return Excess(claim: Self.longTokens, outcome: .fails(.pending, doubt.description), retry: doubt)
        } catch let error as VaultError {
            let retry = try gate.retry(after: error, waiting: binding.key)
            return Excess(claim: Self.longTokens, outcome: error.outcome, retry: retry)
        }
    }
}
