import KubernetesModel
package import LanyardAPI

/// Everything that is to be done for one VaultMount, in order, as a value that can be printed and compared. It holds no
/// secrets: where one belongs, it says which.
package struct MountPlan: Equatable, Sendable {
    /// The mount, then what is below it.
    package var steps: [Step]
    /// Paths that are claimed but not wanted any more and that are deleted, once all steps came out right.
    package var stale: [String]
    /// Paths that are claimed but not wanted any more and that are left behind, once all steps came out right.
    package var releasable: [String]
    /// The accessor of the mount, if it exists.
    package var accessor: String?

    /// What the plan depends on outside of the spec.
    package struct Facts: Equatable, Sendable {
        /// What the listing (`sys/auth` or `sys/mounts`) holds.
        package var listing: ObjectLookup
        /// By path. Empty while the listing does not have the mount.
        package var lookups: [String: ObjectLookup]
        /// What the Secrets hold that the spec refers to, by entry.
        package var secrets: [SecretKey: SecretFact]
        /// The keys of SPIRE's bundle, if they are needed.
        package var trust: TrustFact?
        /// By path; a path without entry is unclaimed.
        package var claims: [String: ClaimState]
        /// What this VaultMount holds in the ledger.
        package var held: [OwnershipRecord.Claim]
        /// The UID of this VaultMount, which marks a mount that it has made until the ledger says so.
        package var ownerUID: String
        /// Whether this generation was converged before, so that differences are drift.
        package var wasConverged: Bool

        /// What one pass has read.
        package init(
            listing: ObjectLookup, lookups: [String: ObjectLookup] = [:],
            secrets: [SecretKey: SecretFact] = [:], trust: TrustFact? = nil, claims: [String: ClaimState] = [:],
            held: [OwnershipRecord.Claim] = [], ownerUID: String = "", wasConverged: Bool = false
        ) {
            self.listing = listing
            self.lookups = lookups
            self.secrets = secrets
            self.trust = trust
            self.claims = claims
            self.held = held
            self.ownerUID = ownerUID
            self.wasConverged = wasConverged
        }
    }

    /// Plans. Pure: the same for the controller and for whoever wants to see what it would do.
    package static func make(for mount: DesiredMount, facts: Facts) -> MountPlan {
        let planner = MountStepPlanner(mount: mount, facts: facts)
        var steps = [planner.mountStep()]
        let isMissing = planner.entry == nil
        for object in mount.objects {
            steps.append(planner.step(object, isMountMissing: isMissing, waiting: steps[0].isHindered))
        }
        if let authority = mount.authority {
            steps.append(planner.step(authority, isMountMissing: isMissing, waiting: steps[0].isHindered))
        }
        let wanted = Set(steps.map(\.path))
        // While the mount itself cannot be put in place, all claims stay: those of a former path, for example.
        let left = steps[0].isHindered ? [] : facts.held.map(\.path).filter { !wanted.contains($0) }
        let stale = left.filter { mount.deletes($0) }
        return MountPlan(
            steps: steps, stale: stale.sorted(), releasable: left.filter { !stale.contains($0) }.sorted(),
            accessor: planner.entry?["accessor"]?.string)
    }

    /// Whether carrying it out writes to Vault or to the ledger.
    package var writes: Bool {
        !stale.isEmpty || !releasable.isEmpty
            || steps.contains { step in
                if step.write != nil || step.recordedDigest != nil { return true }
                if case .act(.claim) = step.decision { return true }
                return false
            }
    }
}

extension DesiredMount {
    /// Whether something below the mount that is not declared any more is deleted. A connection is only if the mount
    /// itself would be: leases that were made through it could not be revoked any more.
    fileprivate func deletes(_ path: String) -> Bool {
        switch settings.type {
        case .pki: path.hasPrefix("\(location.mountPath)/roles/")
        case .database: deletionPolicy == .delete && path.hasPrefix("\(location.mountPath)/config/")
        case .kubernetes, .jwt, .kv: false
        }
    }
}
