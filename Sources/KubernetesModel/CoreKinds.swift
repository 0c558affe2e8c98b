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
