public import KubernetesModel

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
