import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardCore
import VaultClient

extension MountReconciler {
    /// Leaves everything in Vault as it is, unless the VaultMount says otherwise; and lets the object go.
    func cleanUp(_ mount: VaultMount) async throws -> ReconcileResult {
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
            try await applier.delete(paths, owner: owner, of: mount)
        } catch let failure as MountDeletionFailure {
            return try await reportCleanup(failure.error, at: failure.path, of: mount)
        } catch let error as VaultError {
            return try await reportCleanup(error, of: mount)
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
            if let failure = gate.currentFailure { throw failure }
            listing = try await gatherer.vault.read(path)
        }
        return MountDeletion.make(
            of: claims, listing: listing, policy: policy, ownerUID: mount.metadata.uid ?? "")
    }

    private func reportCleanup(
        _ error: VaultError, at path: String? = nil, of mount: VaultMount
    ) async throws -> ReconcileResult {
        if error.isOutage { gate.recordFailure(error, waiting: mount.key) }
        guard error.isWorthReporting else { throw error.retry }
        let found = path.map(error.outcome(at:)) ?? error.outcome
        let outcome = ConditionOutcome.fails(
            found.reason,
            "\(found.message). Not everything is deleted in Vault yet. To let go of it and leave it behind as it is, set "
                + "spec.deletionPolicy to Orphan")
        try await report(.cleanupFailed(outcome), on: mount)
        throw error.retry
    }
}
