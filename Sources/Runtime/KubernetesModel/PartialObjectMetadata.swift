/// The metadata of an object of a kind of which nothing else is needed: the server is asked to send only that.
public struct PartialObjectMetadata<Kind: ResourceKind>: MetadataOnlyResource {
    /// The descriptor of the kind.
    public static var descriptor: ResourceDescriptor { Kind.descriptor }
    /// Names, labels, and of annotations what the kind says; whole objects come from servers that do not know the projection.
    public static var projection: ObjectProjection {
        ObjectProjection(
            annotations: Kind.annotations, hasLabels: true, hasOwners: false, limits: .init(spec: 0, status: 0),
            sharesStrings: true)
    }

    /// All that is known of the object.
    public var metadata: ObjectMeta

    /// An object of which only the metadata is known.
    public init(metadata: ObjectMeta) {
        self.metadata = metadata
    }
}

/// A resource type that holds nothing but metadata; reads and watches ask the server for `PartialObjectMetadata`.
public protocol MetadataOnlyResource: KubernetesResource {}

/// The name of a kind at the type level.
public protocol ResourceKind {
    /// What the API server calls the kind.
    static var descriptor: ResourceDescriptor { get }
    /// Which annotations are read.
    static var annotations: ObjectProjection.Annotations { get }
}

extension ResourceKind {
    /// None.
    public static var annotations: ObjectProjection.Annotations { .none }
}

/// The kind `Namespace`.
public enum NamespaceKind: ResourceKind {
    /// What the API server calls it.
    public static let descriptor = ResourceDescriptor(
        group: "", version: "v1", kind: "Namespace", plural: "namespaces", isNamespaced: false)
}

/// The kind `ServiceAccount`.
public enum ServiceAccountKind: ResourceKind {
    /// What the API server calls it.
    public static let descriptor = ResourceDescriptor(
        group: "", version: "v1", kind: "ServiceAccount", plural: "serviceaccounts", isNamespaced: true)
}

/// Name and labels of a namespace.
public typealias NamespaceMetadata = PartialObjectMetadata<NamespaceKind>

/// Name and labels of a service account.
public typealias ServiceAccountMetadata = PartialObjectMetadata<ServiceAccountKind>
