import ControllerRuntime
import KubernetesModel
import LanyardControllers

/// The work queues.
struct ControllerQueues: Sendable {
    let identity: IdentityQueues
    let bindings: WorkQueue<ObjectKey>
    let bindingSizes = ObjectSizes()
    let templates: WorkQueue<ObjectKey>
    let sweep: WorkQueue<ObjectKey>
    let boundaries: WorkQueue<ObjectKey>
    let mounts: WorkQueue<ObjectKey>
    let mountSources: WorkQueue<ObjectKey>

    init(environment: Environment, workers: Int) {
        identity = IdentityQueues(environment: environment, workers: workers)
        // Tenants take turns: thousands of objects of one do not make the others wait. Nor do those that hang, as what is
        // behind Vault may be theirs: they take a share of the passes.
        var settings = WorkQueueSettings()
        settings.inFlightPerGroup = workers
        bindings = WorkQueue(
            environment: environment, name: "vaultrolebinding", settings: settings, group: { $0.namespace },
            weight: { [bindingSizes] in bindingSizes.weight(of: $0) })
        templates = WorkQueue(environment: environment, name: "databaseroletemplate")
        sweep = WorkQueue(environment: environment, name: "ownership-sweep")
        boundaries = WorkQueue(environment: environment, name: "identityboundary")
        mounts = WorkQueue(environment: environment, name: "vaultmount")
        mountSources = WorkQueue(environment: environment, name: "mount-sources")
    }

    /// What waits for Vault waits together, and has queues of its own. Mounts have no namespace.
    func add(waiting keys: [ObjectKey]) {
        for key in keys {
            switch key {
            case OwnershipSweeper.key: sweep.add(key)
            case _ where key.namespace == nil: mounts.add(key)
            default: bindings.add(key)
            }
        }
    }
}

/// The work queues of what keeps entries.
struct IdentityQueues: Sendable {
    let identities: WorkQueue<ObjectKey>
    let alias: WorkQueue<ObjectKey>
    let verification: WorkQueue<ObjectKey>

    init(environment: Environment, workers: Int) {
        // Tenants take turns: thousands of objects of one do not make the others wait. Nor do those whose passes take long.
        var settings = WorkQueueSettings()
        settings.inFlightPerGroup = ReconcileConfiguration.identityShare(workers: workers)
        identities = WorkQueue(
            environment: environment, name: "workloadidentity", settings: settings, group: { $0.namespace })
        alias = WorkQueue(environment: environment, name: "node-alias")
        verification = WorkQueue(environment: environment, name: "entry-verification")
    }

    /// What waits for SPIRE waits together, and has queues of its own.
    func add(waiting keys: [ObjectKey]) {
        for key in keys {
            switch key {
            case NodeAliasReconciler.key: alias.add(key)
            case EntryVerification.key: verification.add(key)
            default: identities.add(key)
            }
        }
    }
}
