import KubernetesModel
import LanyardAPI

/// What is declared together: among files, in a cluster, or both.
struct DeclaredObjects: Sendable {
    var boundaries: [IdentityBoundary] = []
    /// Names of boundaries that cannot be decoded.
    var unreadable: [String] = []
    var bindings: [VaultRoleBinding] = []
    var identities: [WorkloadIdentity] = []
    var templates: [DatabaseRoleTemplate] = []
    var namespaces: [NamespaceMetadata] = []
    var mounts: [VaultMount] = []

    /// Takes an object of a file into account.
    mutating func add(_ manifest: TypedManifest) {
        switch manifest.content {
        case .boundary(let boundary): boundaries.append(boundary)
        case .binding(let binding): bindings.append(binding)
        case .mount(let mount): mounts.append(mount)
        case .identity(let identity): identities.append(identity)
        case .template(let template): templates.append(template)
        case .namespace(let namespace): namespaces.append(namespace)
        case nil:
            if manifest.kind == IdentityBoundary.descriptor.kind { unreadable.append(manifest.metadata?.name ?? "") }
        }
    }

    /// The same with what files say that are not applied yet. Of two identities, templates or namespaces of one name that of
    /// the files counts. Boundaries, bindings and mounts count beside those that they will replace, which the operator has to
    /// serve until then.
    func adding(_ files: DeclaredObjects) -> DeclaredObjects {
        var all = self
        all.boundaries += files.boundaries
        all.unreadable += files.unreadable
        all.bindings += files.bindings
        all.identities += files.identities
        all.templates += files.templates
        all.namespaces += files.namespaces
        all.mounts += files.mounts
        return all
    }
}
