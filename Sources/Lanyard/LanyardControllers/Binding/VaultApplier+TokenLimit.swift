import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardCore
import VaultClient

extension VaultApplier<VaultRoleBinding> {
    /// Makes auth roles keep to what a boundary says of tokens, and touches nothing else of them. One that cannot be changed
    /// holds up no other.
    ///
    /// - Parameters:
    ///   - paths: auth roles that the owner holds.
    ///   - owner: as the ledger has it: it may be a predecessor of the binding.
    ///   - confirmed: asked just before the first write for what holds at that moment.
    /// - Returns: what stands against it; nil when they all keep to it.
    /// - Throws: `VaultError` when the server as a whole is away, `KubernetesError` for the ledger.
    func limitTokens(
        ofRolesAt paths: [String], to limit: TokenLimit, owner: OwnershipRecord.Owner, on binding: VaultRoleBinding,
        confirming confirmed: () async throws -> TokenLimit
    ) async throws -> ConditionOutcome? {
        var certain: TokenLimit?
        var troubles: [ConditionOutcome] = []
        for path in paths {
            do {
                guard let role = try await vault.read(path), limit.lowering(role) != nil else { continue }
                if certain == nil { certain = try await confirmed() }
                guard let lowering = certain?.lowering(role) else { continue }
                try await write(lowering, to: path, owner: owner, on: binding)
            } catch let error as VaultError where error.code == .mountMissing {
                // The mount is gone, and everything in it.
            } catch let error as VaultError where !error.affectsAll {
                troubles.append(error.outcome(at: path))
            }
        }
        return ConditionOutcome.summary(of: troubles)
    }

    private func write(
        _ lowering: TokenLimit.Lowering, to path: String, owner: OwnershipRecord.Owner, on binding: VaultRoleBinding
    ) async throws {
        // Or it would be a change by hand as soon as the boundary allows again what it was converged to.
        try await ledger.forgetState(of: owner)
        let warning = try await write(lowering.body, to: path)
        reporter.log(RemoteWrite(.updated, vault: path, lowering.differences), for: binding)
        reporter.event(
            .normal, EventReason.authRoleUpdated, action: "Update",
            "\(path), as the boundary says: \(FieldDifference.summary(lowering.differences))\(warning)", on: binding)
    }
}
