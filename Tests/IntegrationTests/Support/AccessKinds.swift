import KubernetesModel

/// What a role grants.
struct PolicyRule: Codable, Equatable, Sendable {
    var apiGroups: [String]
    var resources: [String]
    var verbs: [String]
    var resourceNames: [String]?
}

/// A `ClusterRole`, as far as tests need it.
struct ClusterRole: KubernetesResource {
    static let descriptor = ResourceDescriptor(
        group: "rbac.authorization.k8s.io", version: "v1", kind: "ClusterRole", plural: "clusterroles",
        isNamespaced: false)

    var metadata: ObjectMeta
    var rules: [PolicyRule]
}

/// A `Role`, as far as tests need it.
struct Role: KubernetesResource {
    static let descriptor = ResourceDescriptor(
        group: "rbac.authorization.k8s.io", version: "v1", kind: "Role", plural: "roles", isNamespaced: true)

    var metadata: ObjectMeta
    var rules: [PolicyRule]
}

/// A question to the API server: may this user do that?
struct SubjectAccessReview: KubernetesResource {
    static let descriptor = ResourceDescriptor(
        group: "authorization.k8s.io", version: "v1", kind: "SubjectAccessReview", plural: "subjectaccessreviews",
        isNamespaced: false)

    /// The server wants it empty, and answers with an empty one.
    var metadata = ObjectMeta(name: "")
    var spec: Spec
    var status: Status?

    private enum CodingKeys: String, CodingKey { case spec, status }

    struct Spec: Codable, Equatable, Sendable {
        var user: String
        var resourceAttributes: Attributes
    }

    struct Attributes: Codable, Equatable, Sendable {
        var namespace: String
        var verb: String
        /// The server leaves out what is empty.
        var group: String?
        var resource: String
        var subresource: String?
        var name: String?
    }

    struct Status: Codable, Equatable, Sendable {
        var allowed: Bool
    }
}
