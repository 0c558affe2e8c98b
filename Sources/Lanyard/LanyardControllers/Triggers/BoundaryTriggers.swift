package import ControllerRuntime
package import KubernetesModel
package import LanyardAPI
import LanyardCore

/// Which objects a change of a boundary, or of a namespace's labels, concerns: exactly those of the namespaces for
/// which something else may hold now.
package struct BoundaryTriggers: Sendable {
    let boundaries: Store<IdentityBoundary>
    let namespaces: Store<NamespaceMetadata>
    let identities: Store<WorkloadIdentity>
    let bindings: Store<VaultRoleBinding>

    /// Objects of both kinds.
    package struct Concerned: Equatable, Sendable {
        /// Keys of WorkloadIdentities.
        package var identities: [ObjectKey]
        /// Keys of VaultRoleBindings.
        package var bindings: [ObjectKey]

        /// Nobody is concerned, where nothing is given.
        package init(identities: [ObjectKey] = [], bindings: [ObjectKey] = []) {
            self.identities = identities
            self.bindings = bindings
        }
    }

    /// Answers from the stores.
    package init(
        boundaries: Store<IdentityBoundary>, namespaces: Store<NamespaceMetadata>,
        identities: Store<WorkloadIdentity>, bindings: Store<VaultRoleBinding>
    ) {
        self.boundaries = boundaries
        self.namespaces = namespaces
        self.identities = identities
        self.bindings = bindings
    }

    /// Every object: which namespaces a boundary is about that cannot be decoded is not known.
    package var all: Concerned {
        Concerned(identities: identities.all.map(\.key), bindings: bindings.all.map(\.key))
    }

    /// Objects in the namespaces that a boundary was or is about.
    package func objects(for delta: Delta<IdentityBoundary>) -> Concerned {
        if let old = delta.old, let new = delta.new, old.spec == new.spec { return Concerned() }
        let selections = [delta.old, delta.new].compactMap { $0?.spec.namespaces }
        let concerned = inhabitedNamespaces.filter { namespace in
            let labels = labels(of: namespace)
            return selections.contains { NamespaceMatch($0, namespace: namespace, labels: labels) != .differs }
        }
        return objects(in: concerned)
    }

    /// Objects of a namespace, if a boundary is about it by its labels now and was not, or the other way round.
    package func objects(for delta: Delta<NamespaceMetadata>) -> Concerned {
        guard let name = delta.key?.name, delta.new != nil else { return Concerned() }
        let (old, new) = (delta.old.map { $0.metadata.labels ?? [:] }, delta.new.map { $0.metadata.labels ?? [:] })
        let changes = boundaries.all.contains { boundary in
            NamespaceMatch(boundary.spec.namespaces, namespace: name, labels: old)
                != NamespaceMatch(boundary.spec.namespaces, namespace: name, labels: new)
        }
        return changes ? objects(in: [name]) : Concerned()
    }

    /// The boundaries that are about a namespace, or may be.
    package func boundaries(about namespace: String) -> [ObjectKey] {
        let labels = labels(of: namespace)
        return boundaries.all.filter {
            NamespaceMatch($0.spec.namespaces, namespace: namespace, labels: labels) != .differs
        }.map(\.key)
    }

    private func labels(of namespace: String) -> [String: String]? {
        namespaces.get(ObjectKey(namespace: nil, name: namespace)).map { $0.metadata.labels ?? [:] }
    }

    private var inhabitedNamespaces: Set<String> {
        Set(identities.all.map { $0.metadata.namespace ?? "" } + bindings.all.map { $0.metadata.namespace ?? "" })
    }

    private func objects(in names: Set<String>) -> Concerned {
        var concerned = Concerned()
        for name in names.sorted() {
            concerned.identities += identities.keys(index: IdentityIndex.namespace, value: name).sorted()
            concerned.bindings += bindings.keys(index: BindingIndex.namespace, value: name).sorted()
        }
        return concerned
    }
}
