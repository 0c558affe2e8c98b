package import ControllerRuntime
package import KubernetesClient
package import KubernetesModel
import LanyardAPI
import LanyardCore
package import Logging
import Synchronization
package import VaultClient

/// Cleans up, now and then, what belonged to bindings that are gone without having been let go (DESIGN §3.2).
///
/// It has no resource of its own, so what it does shows in the log.
package struct OwnershipSweeper: Reconciler {
    /// The one key that this reconciler works on.
    package static let key = ObjectKey(namespace: nil, name: "ownership-sweep")

    let api: any KubernetesAPI
    let vault: any VaultAPI
    let ledger: OwnershipLedger
    let gate: DependencyGate<VaultError>
    /// The one namespace that is watched; nil when all are.
    let namespace: String?
    let environment: Environment
    let interval: Duration
    let logger: Logger
    private let memory = Memory()

    private static let kinds: Set<String> = [VaultRoleBinding.descriptor.kind, VaultMount.descriptor.kind]

    /// What one sweep leaves to the next.
    private final class Memory: Sendable {
        let state = Mutex((suspects: Set<SweepPlan.Suspect>(), doubtful: Set<String>()))
    }

    /// Wires a sweeper.
    package init(
        api: any KubernetesAPI, vault: any VaultAPI, ledger: OwnershipLedger, gate: DependencyGate<VaultError>,
        namespace: String?, environment: Environment, interval: Duration, logger: Logger
    ) {
        self.api = api
        self.vault = vault
        self.ledger = ledger
        self.gate = gate
        self.namespace = namespace
        self.environment = environment
        self.interval = interval
        self.logger = logger
    }

    package func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
        // The bindings' controller reads the ledger when it begins to lead.
        guard ledger.isLoaded else { return .requeue(after: .seconds(1)) }
        let plan = try await plan()
        if let refusal = plan.refusal {
            logger.error("the sweep of ownership records stops", metadata: ["reason": "\(refusal)"])
        }
        if !plan.abandoned.isEmpty, let failure = gate.currentFailure { throw failure }
        for record in plan.abandoned { try await cleanUp(record) }
        return .requeue(after: environment.jittered(interval, by: 0.2))
    }

    /// Reads the records first and the owners then: whoever has a record is in the list, unless it is gone.
    private func plan() async throws -> SweepPlan {
        let records = ledger.records
        let owners: Set<SweepPlan.OwnerName>
        do {
            owners = try await listOwners()
        } catch {
            memory.state.withLock { $0 = ([], Self.kinds) }
            throw error
        }
        return memory.state.withLock { state in
            state.doubtful.subtract(SweepPlan.OwnerName.kinds(of: owners))
            let plan = SweepPlan.make(
                records: records, kinds: Self.kinds, namespace: namespace, owners: owners, doubtful: state.doubtful,
                previous: state.suspects)
            state.suspects = plan.suspects
            return plan
        }
    }

    /// All bindings and mounts, page by page, from the API server and not from a cache.
    private func listOwners() async throws -> Set<SweepPlan.OwnerName> {
        try await list(PartialObjectMetadata<BindingKind>.self, namespace: namespace)
            .union(list(PartialObjectMetadata<MountKind>.self, namespace: nil))
    }

    private func list<Kind: ResourceKind>(
        _ type: PartialObjectMetadata<Kind>.Type, namespace: String?
    ) async throws -> Set<SweepPlan.OwnerName> {
        var owners: Set<SweepPlan.OwnerName> = []
        var token: String?
        repeat {
            let page = try await api.list(type, namespace: namespace, limit: 500, continue: token)
            for owner in page.items {
                owners.insert(
                    SweepPlan.OwnerName(
                        kind: Kind.descriptor.kind, namespace: owner.metadata.namespace ?? "",
                        name: owner.metadata.name))
            }
            token = page.metadata.continue.flatMap { $0.isEmpty ? nil : $0 }
        } while token != nil
        return owners
    }

    /// Deletes what a record names, auth roles first, and then the record.
    private func cleanUp(_ record: OwnershipRecord) async throws {
        let owner = record.spec.owner
        if owner.kind == VaultMount.descriptor.kind { return try await letGo(of: record) }
        for path in BindingPlan.deletionOrder(record.spec.claims.map(\.path)) {
            // A namesake that came back meanwhile inherits the rest.
            guard try await isGone(owner) else { return }
            // Two have it after a backup was restored: then it is not the one's who is gone (threat T41).
            guard !ledger.isClaimed(path, besides: owner) else {
                try await ledger.release([path], of: owner)
                continue
            }
            do throws(VaultError) {
                try await vault.delete(path)
            } catch  where error.code == .mountMissing {
                // The mount is gone, and everything in it.
            } catch {
                if error.isOutage { gate.recordFailure(error, waiting: Self.key) }
                throw error
            }
            try await ledger.release([path], of: owner)
            logger.warning(
                "deleted what an owner that is gone had left behind",
                metadata: [
                    "vault.path": "\(path)", "owner.kind": "\(owner.kind)", "owner.namespace": "\(owner.namespace)",
                    "owner.name": "\(owner.name)",
                ])
        }
        guard try await isGone(owner) else { return }
        try await ledger.release(ledger.paths(of: owner), of: owner)
    }

    /// Forgets what a mount that is gone held. Its mount stays: to delete one that nobody asked to be deleted would destroy
    /// what is in it.
    private func letGo(of record: OwnershipRecord) async throws {
        let owner = record.spec.owner
        guard try await isGone(owner) else { return }
        try await ledger.release(ledger.paths(of: owner), of: owner)
        logger.warning("left a mount behind whose owner is gone", metadata: ["owner.name": "\(owner.name)"])
    }

    private func isGone(_ owner: OwnershipRecord.Owner) async throws -> Bool {
        if owner.kind == VaultMount.descriptor.kind {
            let key = ObjectKey(namespace: nil, name: owner.name)
            return try await api.get(PartialObjectMetadata<MountKind>.self, key) == nil
        }
        let key = ObjectKey(namespace: owner.namespace, name: owner.name)
        return try await api.get(PartialObjectMetadata<BindingKind>.self, key) == nil
    }
}

/// The kind of mounts, of which only the names matter here.
private enum MountKind: ResourceKind {
    static let descriptor = VaultMount.descriptor
}

/// The kind of bindings, of which only the metadata matter here: one with a strange spec is an owner as well.
private enum BindingKind: ResourceKind {
    static let descriptor = VaultRoleBinding.descriptor
}
