public import KubernetesModel

extension OwnerReference {
    /// Whether the owner is of this kind. The version does not count: owners outlive the versions under which they were
    /// referred to.
    public func refers(to kind: ResourceDescriptor) -> Bool {
        self.kind == kind.kind && (apiVersion.contains("/") ? apiVersion.prefix { $0 != "/" } : "") == kind.group
    }
}

extension KubernetesResource {
    /// The keys of this object's owners of a kind: in the object's namespace, or none for cluster-scoped owners.
    public func owners(of kind: ResourceDescriptor) -> [ObjectKey] {
        (metadata.ownerReferences ?? []).filter { $0.refers(to: kind) }
            .map { ObjectKey(namespace: kind.isNamespaced ? metadata.namespace : nil, name: $0.name) }
    }
}

extension Delta {
    /// The keys of the object's owners of a kind, before and now, so that a former owner notices its loss.
    public func owners(of kind: ResourceDescriptor) -> [ObjectKey] {
        mapped { $0.owners(of: kind) }
    }

    /// Whether an aspect of the object is another one than before: for handlers that care for that aspect of
    /// a secondary object alone. Appearing and going count as changes.
    public func changes<Value: Equatable>(_ aspect: (Object) -> Value) -> Bool {
        old.map(aspect) != new.map(aspect)
    }
}
