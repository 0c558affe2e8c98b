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

/// What the API server calls a kind, and whether its objects live in namespaces.
public struct ResourceDescriptor: Hashable, Sendable {
    /// The API group; empty for the core group.
    public let group: String
    /// The version of the group.
    public let version: String
    /// The kind in UpperCamelCase.
    public let kind: String
    /// The plural name in paths.
    public let plural: String
    /// Whether objects live in namespaces.
    public let isNamespaced: Bool

    /// A kind by the names that paths and manifests have for it.
    public init(group: String, version: String, kind: String, plural: String, isNamespaced: Bool) {
        self.group = group
        self.version = version
        self.kind = kind
        self.plural = plural
        self.isNamespaced = isNamespaced
    }

    /// `group/version`, or the bare version of the core group.
    public var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

    /// `plural.group`, as `kubectl` prints it.
    public var qualifiedName: String { group.isEmpty ? plural : "\(plural).\(group)" }
}
