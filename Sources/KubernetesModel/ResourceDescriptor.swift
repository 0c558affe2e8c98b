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
