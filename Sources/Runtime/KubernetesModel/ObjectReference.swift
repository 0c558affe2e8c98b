/// A reference to any object, as events use it.
public struct ObjectReference: Codable, Hashable, Sendable {
    /// Group and version.
    public var apiVersion: String?
    /// The kind.
    public var kind: String?
    /// The namespace; nil for cluster-scoped objects.
    public var namespace: String?
    /// The name.
    public var name: String?
    /// The identity.
    public var uid: String?
    /// The version that was looked at.
    public var resourceVersion: String?

    /// Refers to an object.
    public init(
        apiVersion: String?, kind: String?, namespace: String?, name: String?, uid: String?,
        resourceVersion: String? = nil
    ) {
        self.apiVersion = apiVersion
        self.kind = kind
        self.namespace = namespace
        self.name = name
        self.uid = uid
        self.resourceVersion = resourceVersion
    }

    /// Refers to a typed object.
    public init<Resource: KubernetesResource>(_ object: Resource) {
        self.init(
            apiVersion: Resource.descriptor.apiVersion, kind: Resource.descriptor.kind,
            namespace: object.metadata.namespace, name: object.metadata.name, uid: object.metadata.uid,
            resourceVersion: object.metadata.resourceVersion?.text)
    }
}
