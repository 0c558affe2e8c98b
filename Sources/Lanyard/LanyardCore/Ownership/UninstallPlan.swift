package import KubernetesModel
import LanyardAPI

/// How Lanyard leaves a cluster: what is refused, what is done, and what stays. Pure; the caller reads and writes.
package struct UninstallPlan: Equatable, Sendable {
    /// What becomes of what was made in SPIRE and Vault.
    package enum Mode: Equatable, Sendable {
        /// The operator deletes it, while it still runs; then the resources are gone. `destroysMounts`: with what is in those
        /// mounts whose VaultMount says `deletionPolicy: Delete`.
        case remove(destroysMounts: Bool)
        /// It stays as it is, and nobody keeps it any more.
        case leave
    }

    /// A resource of the cluster.
    package struct Resource: Equatable, Sendable {
        package let kind: String
        package let key: ObjectKey
        /// Whether its deletion waits for the operator.
        package var isHeld: Bool
        /// Whether nothing is touched for it, not even at its deletion.
        package var isPaused: Bool
        /// Whether what was made for it stays when it is deleted.
        package var isOrphaning: Bool
        /// Whether its deletion destroys data.
        package var isDestructive: Bool

        /// One that the operator cleans up after, unless something else is said.
        package init(
            kind: String, key: ObjectKey, isHeld: Bool = true, isPaused: Bool = false, isOrphaning: Bool = false,
            isDestructive: Bool = false
        ) {
            self.kind = kind
            self.key = key
            self.isHeld = isHeld
            self.isPaused = isPaused
            self.isOrphaning = isOrphaning
            self.isDestructive = isDestructive
        }

        /// `VaultRoleBinding shop/web`.
        package var title: String { "\(kind) \(key)" }
    }

    /// What the cluster and the ledger hold.
    package struct Facts: Equatable, Sendable {
        /// All resources of Lanyard's kinds.
        package var resources: [Resource]
        /// Who leads; nil when nobody does, as far as the lease tells.
        package var leader: String?
        /// API paths in Vault that the ledger names.
        package var claims: [String]
        /// The operator's own namespace.
        package var namespace: String

        /// What was read before anything is touched.
        package init(resources: [Resource], leader: String?, claims: [String] = [], namespace: String) {
            self.resources = resources
            self.leader = leader
            self.claims = claims
            self.namespace = namespace
        }
    }

    /// Kinds in the order in which they are deleted.
    package static let kinds = LanyardKind.declared.map(\.descriptor.kind)

    /// Why nothing is done; empty when nothing speaks against it.
    package var refusals: [String] = []
    /// What is deleted, in order.
    package var deletions: [Resource] = []
    /// What is let go of as it is: its finalizer is taken away.
    package var releases: [Resource] = []
    /// What people should know.
    package var notes: [String] = []

    /// Refuses rather than leave something half done.
    package static func make(_ mode: Mode, facts: Facts) -> UninstallPlan {
        switch mode {
        case .remove(let destroysMounts): removal(facts, destroysMounts: destroysMounts)
        case .leave: leave(facts)
        }
    }

    private static func removal(_ facts: Facts, destroysMounts: Bool) -> UninstallPlan {
        var plan = UninstallPlan()
        plan.deletions = kinds.flatMap { kind in facts.resources.filter { $0.kind == kind } }
        if facts.leader == nil, plan.deletions.contains(where: \.isHeld) {
            plan.refusals.append(
                "no operator leads, so nobody would delete what was made: start it again, or use --leave")
        }
        plan.refuse(
            facts.resources.filter(\.isPaused),
            "paused, and would wait for ever: take the annotation "
                + "\(LanyardGroup.pausedAnnotation) away")
        if !destroysMounts {
            plan.refuse(
                facts.resources.filter(\.isDestructive),
                "with deletionPolicy Delete, and what is in the mount would be destroyed: set Orphan, or use --destroy-mounts"
            )
        }
        for resource in facts.resources where resource.isOrphaning {
            plan.notes.append("what was made for \(resource.title) stays (deletionPolicy Orphan)")
        }
        return plan
    }

    private static func leave(_ facts: Facts) -> UninstallPlan {
        var plan = UninstallPlan()
        plan.releases = facts.resources.filter(\.isHeld)
        if let leader = facts.leader {
            plan.refusals.append(
                "an operator leads (\(Excerpt.quoting(leader))) and would hold on to what is let go of: stop it first, kubectl "
                    + "-n \(facts.namespace) scale deployment/lanyard --replicas=0")
        }
        let entries = facts.resources.filter { $0.kind == WorkloadIdentity.descriptor.kind }.count
        if entries > 0 { plan.notes.append("the registration entries of \(entries) WorkloadIdentities stay in SPIRE") }
        if !facts.claims.isEmpty {
            plan.notes.append("\(facts.claims.count) objects stay in Vault, and access with them")
        }
        return plan
    }

    /// Refuses because of some resources, of which the first are named.
    private mutating func refuse(_ resources: [Resource], _ reason: String) {
        guard !resources.isEmpty else { return }
        let shown = resources.prefix(5).map(\.title).joined(separator: ", ")
        let more = resources.count > 5 ? " and \(resources.count - 5) more" : ""
        refusals.append("\(shown)\(more): \(reason)")
    }
}
