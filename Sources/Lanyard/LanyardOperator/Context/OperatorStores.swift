import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore

/// The caches of all kinds.
struct OperatorStores: Sendable {
    let identities: Store<WorkloadIdentity>
    let bindings: Store<VaultRoleBinding>
    let templates = Store<DatabaseRoleTemplate>()
    let records = Store<OwnershipRecord>()
    let boundaries = Store<IdentityBoundary>()
    let namespaces = Store<NamespaceMetadata>()
    let mounts = Store<VaultMount>(indices: MountIndex.all)

    /// Makes them empty.
    init(_ configuration: OperatorConfiguration) {
        let watched = configuration.watchNamespaces
        identities = Store(indices: IdentityIndex.all, namespaces: watched)
        bindings = Store(indices: BindingIndex.all(settings: configuration.planning), namespaces: watched)
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
