public import KubernetesModel

/// A change of one object, as handlers see it. Old and new are always the same object: an object that was deleted and
/// created again under its name arrives as two deltas.
public struct Delta<Object: KubernetesResource>: Equatable, Sendable {
    /// The object before; nil when it appeared. Deletions that were noticed late carry the last state that was known.
    public let old: Object?
    /// The object now; nil when it is gone.
    public let new: Object?
    /// Whether a list brought this change, rather than somebody's act a moment ago: handlers then enqueue at low priority.
    public let isFromList: Bool

    /// Makes a change; give at least one of the two.
    public init(old: Object?, new: Object?, isFromList: Bool = false) {
        self.old = old
        self.new = new
        self.isFromList = isFromList
    }

    /// The key of the object, whichever state there is.
    public var key: ObjectKey? { (new ?? old)?.key }

    /// `.low` for what a list brought, `.normal` for what somebody just did.
    public var priority: WorkPriority { isFromList ? .low : .normal }

    /// Whether a primary object's change needs a reconcile: it appeared, went, or changed in anything but its status.
    /// Relies on the status subresource, which leaves the generation alone.
    public var changesMoreThanStatus: Bool {
        guard let old = old?.metadata, let new = new?.metadata else { return true }
        return old.uid != new.uid || old.generation != new.generation
            || old.deletionTimestamp != new.deletionTimestamp || old.finalizers != new.finalizers
            || old.labels != new.labels || old.annotations != new.annotations || old.leftOut != new.leftOut
    }

    /// What a map function yields for the object before and now, so that a former relative is triggered, too.
    public func mapped<Key: Hashable>(_ transform: (Object) -> [Key]) -> [Key] {
        var seen: Set<Key> = []
        return [old, new].compactMap { $0 }.flatMap(transform).filter { seen.insert($0).inserted }
    }
}

/// One change that a watch reports to a store.
public enum StoreChange<Object: KubernetesResource>: Equatable, Sendable {
    /// The object was created or changed.
    case upsert(Object)
    /// The object is gone; its last state, under the version of the deletion.
    case delete(Object)
    /// An object is gone whose last state could not be decoded.
    case deleteKey(ObjectKey, resourceVersion: ResourceVersion?)
    /// The object was created or changed and does not fit its Swift type.
    case undecodable(UndecodableObject)
}

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
