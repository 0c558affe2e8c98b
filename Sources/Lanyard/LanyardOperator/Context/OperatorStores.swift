import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore

/// The caches of all kinds.
struct OperatorStores: Sendable {
    let identities: Store<WorkloadIdentity>
    let bindings: Store<VaultRoleBinding>
    let templates: Store<DatabaseRoleTemplate>
    let records: Store<OwnershipRecord>
    let boundaries: Store<IdentityBoundary>
    let namespaces: Store<NamespaceMetadata>
    let mounts: Store<VaultMount>

    /// Makes them empty.
    ///
    /// - Parameter clock: bounds the wait for own writes.
    init(_ configuration: OperatorConfiguration, clock: any RuntimeClock) {
        let watched = configuration.watchNamespaces
        identities = Store(indices: IdentityIndex.all, namespaces: watched, clock: clock)
        bindings = Store(
            indices: BindingIndex.all(settings: configuration.planning), namespaces: watched, clock: clock)
        templates = Store(clock: clock)
        records = Store(clock: clock)
        boundaries = Store(clock: clock)
        namespaces = Store(clock: clock)
        mounts = Store(indices: MountIndex.all, clock: clock)
    }

    /// What every controller waits for.
    var synced: [ReadinessStep] {
        let (identities, bindings, templates) = (identities, bindings, templates)
        let (boundaries, namespaces) = (boundaries, namespaces)
        return [
            { try await identities.waitUntilSynced() }, { try await bindings.waitUntilSynced() },
            { try await templates.waitUntilSynced() },
            // Without boundaries it is not known what may be written.
            { try await boundaries.waitUntilSynced() }, { try await namespaces.waitUntilSynced() },
        ]
    }
}
