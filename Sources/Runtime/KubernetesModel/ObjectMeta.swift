/// The metadata of an object, as far as operators use it; `ObjectProjection` says what is read of a kind. `managedFields` are
/// left out on purpose: they are most of an object's size.
public struct ObjectMeta: Codable, Equatable, Sendable {
    /// The name within the namespace.
    public var name: String
    /// The namespace; nil for cluster-scoped kinds.
    public var namespace: String?
    /// The identity, unique in time; given by the server.
    public var uid: String?
    /// The version of this state; given by the server.
    public var resourceVersion: ResourceVersion?
    /// Grows with every change of the specification; given by the server.
    public var generation: Int64?
    /// RFC 3339 time of creation, as the server wrote it.
    public var creationTimestamp: String?
    /// RFC 3339 time at which deletion was asked for; nil while the object is not being deleted.
    public var deletionTimestamp: String?
    /// What selectors see.
    public var labels: [String: String]?
    /// What tools leave here.
    public var annotations: [String: String]?
    /// Whom this object goes with.
    public var ownerReferences: [OwnerReference]?
    /// Who still has to clean up before the object may go.
    public var finalizers: [String]?
    /// What of this object was too large to be read. Nothing must be written that was made from a part that is missing.
    public var leftOut: Set<Omission> = []

    private enum CodingKeys: String, CodingKey {
        case name, namespace, uid, resourceVersion, generation, creationTimestamp, deletionTimestamp, labels,
            annotations
        case ownerReferences, finalizers
    }

    /// Describes an object; everything but the name is optional.
    public init(
        name: String, namespace: String? = nil, uid: String? = nil, resourceVersion: ResourceVersion? = nil,
        generation: Int64? = nil, labels: [String: String]? = nil, annotations: [String: String]? = nil,
        finalizers: [String]? = nil
    ) {
        self.name = name
        self.namespace = namespace
        self.uid = uid
        self.resourceVersion = resourceVersion
        self.generation = generation
        self.labels = labels
        self.annotations = annotations
        self.finalizers = finalizers
    }

    /// Namespace and name together.
    public var key: ObjectKey { ObjectKey(namespace: namespace, name: name) }

    /// Whether deletion was asked for.
    public var isBeingDeleted: Bool { deletionTimestamp != nil }
}

/// A reference from a dependent object to its owner.
public struct OwnerReference: Codable, Hashable, Sendable {
    /// The owner's group and version.
    public var apiVersion: String
    /// The owner's kind.
    public var kind: String
    /// The owner's name, in the same namespace.
    public var name: String
    /// The owner's identity.
    public var uid: String
    /// Whether the owner manages the object; at most one does.
    public var controller: Bool?
    /// Whether a foreground deletion of the owner waits for the object.
    public var blockOwnerDeletion: Bool?

    /// Refers to an owner.
    public init(
        apiVersion: String, kind: String, name: String, uid: String, controller: Bool? = nil,
        blockOwnerDeletion: Bool? = nil
    ) {
        self.apiVersion = apiVersion
        self.kind = kind
        self.name = name
        self.uid = uid
        self.controller = controller
        self.blockOwnerDeletion = blockOwnerDeletion
    }
}
