import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import VaultClient

/// What is looked at again when something else changes: every line from one kind to another.
struct ChangeHandlers: Sendable {
    let stores: OperatorStores
    let queues: ControllerQueues
    private let resources: ResourceMetrics
    private let triggers: Triggers
    private let boundaryTriggers: BoundaryTriggers

    /// Answers from the caches, and adds to the queues.
    init(stores: OperatorStores, queues: ControllerQueues, resources: ResourceMetrics, settings: PlanningSettings) {
        self.stores = stores
        self.queues = queues
        self.resources = resources
        triggers = Triggers(identities: stores.identities, bindings: stores.bindings, settings: settings)
        boundaryTriggers = BoundaryTriggers(
            boundaries: stores.boundaries, namespaces: stores.namespaces, identities: stores.identities,
            bindings: stores.bindings)
    }

    // MARK: Objects

    func handle(_ delta: Delta<WorkloadIdentity>) {
        resources.observe(delta)
        queues.identity.identities.add(Array(triggers.identities(for: delta)), priority: delta.priority)
        queues.bindings.add(Array(triggers.bindings(for: delta)), priority: delta.priority)
    }

    func handle(_ delta: Delta<VaultRoleBinding>, ledger: OwnershipLedger, boundaries: BoundaryBook) {
        resources.observe(delta)
        let concerned = triggers.bindings(for: delta, ledger: ledger, boundaries: boundaries)
        queues.bindings.add(Array(concerned), priority: delta.priority)
        // A mount that is to be disabled waits for those who use it, and looks at all of them: one look for many changes.
        if delta.changesMoreThanStatus {
            let waiting = stores.mounts.all.filter(\.metadata.isBeingDeleted).map(\.key)
            for key in waiting { queues.mounts.add(key, after: .seconds(5)) }
        }
    }

    func handle(_ delta: Delta<DatabaseRoleTemplate>) {
        if let key = delta.key { queues.templates.add(key, priority: delta.priority) }
        queues.bindings.add(Array(triggers.bindings(for: delta)), priority: delta.priority)
    }

    func handle(_ delta: Delta<OwnershipRecord>) {
        queues.bindings.add(Array(triggers.bindings(for: delta)), priority: delta.priority)
    }

    func handle(_ delta: Delta<VaultMount>) {
        resources.observe(delta)
        if delta.changesMoreThanStatus, let key = delta.key { queues.mounts.add(key, priority: delta.priority) }
    }

    func handle(_ delta: Delta<IdentityBoundary>) {
        if delta.changesMoreThanStatus, let key = delta.key { queues.boundaries.add(key) }
        add(boundaryTriggers.objects(for: delta), priority: delta.priority)
    }

    func handle(_ delta: Delta<NamespaceMetadata>) {
        if let name = delta.key?.name { recount(inNamespace: name) }
        add(boundaryTriggers.objects(for: delta), priority: delta.priority)
    }

    // MARK: News

    /// What a boundary allows is not known, or is known again.
    func boundaryDecodingChanged() {
        add(boundaryTriggers.all, priority: .normal)
    }

    /// Boundaries count the objects of a namespace anew. Counts may lag by a moment, so that a change of many objects is one
    /// write.
    func recount(inNamespace namespace: String) {
        for key in boundaryTriggers.boundaries(about: namespace) { queues.boundaries.add(key, after: .seconds(1)) }
    }

    /// A binding follows what becomes of the identity that it names.
    func identityChanged(_ key: ObjectKey, _ news: IdentityStates.News) {
        queues.bindings.add(triggers.bindings(naming: key, for: news), priority: .normal)
    }

    /// Pods of ServiceAccounts (`namespace/name`) were placed otherwise.
    func placementChanged(of serviceAccounts: Set<String>, priority: WorkPriority) {
        queues.identity.identities.add(triggers.identities(placedWith: serviceAccounts), priority: priority)
    }

    /// What waited for a mount, for something below it, or for a right of the operator.
    func mountChanged() {
        queues.bindings.add(triggers.waitingBindings, priority: .normal)
    }

    /// Something is other than it was in Vault. Who can make keys and delete them has no turn of others, nor all of his own.
    func newsInVault(at path: String) {
        queues.bindings.add(triggers.bindings(waitingFor: path), priority: .low)
    }

    /// Paths have no owner any more.
    func released(_ release: OwnershipLedger.Release) {
        // What one has failed to make may fail for the others, too: then they would wake each other without end.
        let delay: Duration = release.wasMade ? .zero : .seconds(5)
        for path in release.paths {
            for binding in stores.bindings.objects(index: BindingIndex.vaultPath, value: path)
            where !release.owner.isSameObject(as: OwnershipRecord.Owner(of: binding)) {
                queues.bindings.add(binding.key, after: delay)
            }
            for mount in stores.mounts.objects(index: MountIndex.vaultPath, value: path)
            where !release.owner.isSameObject(as: OwnershipRecord.Owner(of: mount)) {
                queues.mounts.add(mount.key, after: delay)
            }
        }
    }

    /// What waited runs at once, and everything else is verified soon after. Of SPIRE that is one cheap listing.
    func spireIsBack(after outage: Outage) {
        queues.identity.add(waiting: outage.waiting)
        queues.identity.verification.add(EntryVerification.key)
    }

    /// What waited runs at once, and everything else is verified soon after more than a blip.
    func vaultIsBack(after outage: Outage, last: VaultError?) {
        queues.add(waiting: outage.waiting)
        if outage.callsForVerification(after: last) { verifyVault() }
    }

    // MARK: Everything

    /// Has everything in Vault verified soon.
    func verifyVault() {
        queues.bindings.add(stores.bindings.all.map(\.key), priority: .low)
        queues.mounts.add(stores.mounts.all.map(\.key), priority: .low)
    }

    /// Has every identity decided on anew.
    func decideOnIdentities() {
        queues.identity.identities.add(stores.identities.all.map(\.key), priority: .low)
    }

    private func add(_ concerned: BoundaryTriggers.Concerned, priority: WorkPriority) {
        queues.identity.identities.add(concerned.identities, priority: priority)
        queues.bindings.add(concerned.bindings, priority: priority)
    }
}
