import KubernetesClient
import KubernetesModel
import Testing

/// One verb on one resource.
struct Permission: Hashable, Comparable, CustomStringConvertible, Sendable {
    let verb: String
    let group: String
    /// With the subresource after a slash.
    let resource: String

    init(_ verb: String, _ group: String, _ resource: String) {
        self.verb = verb
        self.group = group
        self.resource = resource
    }

    /// As in `kubectl auth can-i`, such as `patch workloadidentities.lanyard.dev/status`.
    var description: String {
        let parts = resource.split(separator: "/")
        let name = group.isEmpty ? "\(parts[0])" : "\(parts[0]).\(group)"
        return "\(verb) \(name)\(parts.dropFirst().map { "/\($0)" }.joined())"
    }

    /// What the API server says to who does not have it.
    var refusal: String { "cannot \(verb) resource \"\(resource)\" in API group \"\(group)\"" }

    static func < (left: Permission, right: Permission) -> Bool { left.description < right.description }

    /// Everything that rules grant.
    static func granted(by rules: [PolicyRule]) -> Set<Permission> {
        Set(
            rules.flatMap { rule in
                rule.apiGroups.flatMap { group in
                    rule.resources.flatMap { resource in rule.verbs.map { Permission($0, group, resource) } }
                }
            })
    }
}

extension [PolicyRule] {
    /// These rules without one permission.
    func removing(_ permission: Permission) -> [PolicyRule] {
        flatMap { rule -> [PolicyRule] in
            guard rule.apiGroups.contains(permission.group), rule.resources.contains(permission.resource),
                rule.verbs.contains(permission.verb)
            else { return [rule] }
            var others = rule
            others.resources.removeAll { $0 == permission.resource }
            var rest = rule
            rest.resources = [permission.resource]
            rest.verbs.removeAll { $0 == permission.verb }
            return [others, rest].filter { !$0.resources.isEmpty && !$0.verbs.isEmpty }
        }
    }
}

/// The operator's two roles.
struct OperatorRoles: Sendable {
    let cluster: Cluster
    private static let name = ObjectKey(namespace: nil, name: "lanyard")
    private static let nameInNamespace = ObjectKey(namespace: "lanyard-system", name: "lanyard")

    /// Everything that the operator may do.
    func granted() async throws -> Set<Permission> {
        let (everywhere, own) = try await rules()
        return Permission.granted(by: everywhere).union(Permission.granted(by: own))
    }

    /// Runs with one permission taken away, and gives it back.
    func without(_ permission: Permission, _ body: () async throws -> Void) async throws {
        let (everywhere, own) = try await rules()
        try await store(everywhere.removing(permission), own.removing(permission))
        let result: Result<Void, any Error>
        do {
            try await waitUntil(permission, isAllowed: false)
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        try await store(everywhere, own)
        try await waitUntil(permission, isAllowed: true)
        try result.get()
    }

    private func rules() async throws -> (everywhere: [PolicyRule], own: [PolicyRule]) {
        (
            try await cluster.api.get(ClusterRole.self, Self.name)?.rules ?? [],
            try await cluster.api.get(Role.self, Self.nameInNamespace)?.rules ?? []
        )
    }

    private func store(_ everywhere: [PolicyRule], _ own: [PolicyRule]) async throws {
        _ = try await cluster.api.mergePatch(
            ClusterRole.self, Self.name, ["rules": try JSONValue(encoding: everywhere)])
        _ = try await cluster.api.mergePatch(Role.self, Self.nameInNamespace, ["rules": try JSONValue(encoding: own)])
    }

    private func waitUntil(_ permission: Permission, isAllowed: Bool) async throws {
        let parts = permission.resource.split(separator: "/").map(String.init)
        let attributes = SubjectAccessReview.Attributes(
            namespace: "lanyard-system", verb: permission.verb, group: permission.group, resource: parts[0],
            subresource: parts.count > 1 ? parts[1] : nil,
            // The ones that the roles name.
            name: parts[0] == "secrets" ? "lanyard-digest-key" : "lanyard")
        try await eventually("\(permission) is \(isAllowed ? "allowed" : "forbidden")") {
            let review = try await cluster.api.create(
                SubjectAccessReview(
                    spec: .init(
                        user: "system:serviceaccount:lanyard-system:lanyard", resourceAttributes: attributes)))
            return review.status?.allowed == isAllowed ? nil : "not yet"
        }
    }
}
