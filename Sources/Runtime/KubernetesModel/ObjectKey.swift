/// Where an object lives: its namespace (nil for cluster-scoped kinds) and its name.
public struct ObjectKey: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The namespace; nil for cluster-scoped kinds.
    public let namespace: String?
    /// The object's name.
    public let name: String

    /// Names an object; without namespace one of a cluster-scoped kind.
    public init(namespace: String?, name: String) {
        self.namespace = namespace
        self.name = name
    }

    /// `namespace/name`, or the bare name of a cluster-scoped object.
    public var description: String {
        if let namespace { "\(namespace)/\(name)" } else { name }
    }

    /// Orders by namespace, then by name.
    public static func < (left: ObjectKey, right: ObjectKey) -> Bool {
        (left.namespace ?? "", left.name) < (right.namespace ?? "", right.name)
    }
}
