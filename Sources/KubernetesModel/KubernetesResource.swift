/// A kind of object that this process reads or writes, as a Swift value.
///
/// Only the fields that the type declares are decoded, so a type is also the projection that is cached.
public protocol KubernetesResource: Codable, Equatable, Sendable {
    /// What the API server calls this kind.
    static var descriptor: ResourceDescriptor { get }
    /// What is read of an object of this kind. A kind that tenants write says what it needs, and how much of it.
    static var projection: ObjectProjection { get }
    /// The object's metadata.
    var metadata: ObjectMeta { get set }
}

extension KubernetesResource {
    /// All that the type declares.
    public static var projection: ObjectProjection { .whole }

    /// Namespace and name of the object.
    public var key: ObjectKey { metadata.key }
}
