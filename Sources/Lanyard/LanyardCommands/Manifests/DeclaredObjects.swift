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
        if let content = manifest.content {
            add(content)
        } else if let kind = manifest.kind {
            add(unreadable: manifest.metadata?.name ?? "", of: kind)
        }
    }

    /// Takes an object into account, if something else is judged by it.
    mutating func add(_ object: any KubernetesResource) {
        switch object {
        case let boundary as IdentityBoundary: boundaries.append(boundary)
        case let binding as VaultRoleBinding: bindings.append(binding)
        case let mount as VaultMount: mounts.append(mount)
        case let identity as WorkloadIdentity: identities.append(identity)
        case let template as DatabaseRoleTemplate: templates.append(template)
        case let namespace as NamespaceMetadata: namespaces.append(namespace)
        default: break
        }
    }

    /// Takes an object into account that does not fit its type.
    mutating func add(unreadable name: String, of kind: String) {
        if kind == IdentityBoundary.descriptor.kind { unreadable.append(name) }
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
