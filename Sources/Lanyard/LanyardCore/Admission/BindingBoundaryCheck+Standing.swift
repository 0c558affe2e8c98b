package import KubernetesModel
package import LanyardAPI

extension BindingBoundaryCheck {
    /// Whether what exists for a binding gives more than its namespace is allowed, whatever the spec says by now. As it may not
    /// be known who it was made for, only what no ServiceAccount would be allowed counts. What made the statements of a database
    /// role cannot be seen there; that something may is enough.
    ///
    /// - Parameters:
    ///   - objects: the `data` of reads, by path.
    ///   - held: all paths that the binding holds, those that could not be read as well.
    package static func isOutside(
        standing objects: [String: JSONValue], held: Set<String>, of binding: VaultRoleBinding,
        boundary: EffectiveBoundary, settings: PlanningSettings
    ) -> Bool {
        var check = Self.check(of: binding, subject: nil, boundary: boundary, settings: settings)
        for (path, data) in objects.sorted(by: { $0.key < $1.key }) where check.violations.isEmpty {
            let segments = path.split(separator: "/").map(String.init)
            switch VaultObjectKind(path: path) {
            case .policy:
                demandName(segments.last ?? "", path, check: &check)
                checkPolicy(data, path, held: held, check: &check)
            case .authRole:
                demandName(segments.last ?? "", path, check: &check)
                let mount = segments.dropFirst().dropLast(2).joined(separator: "/")
                check.demand(
                    mount, path, oneOf: boundary.authMounts.map { AllowedValue(value: $0, boundary: "") })
                checkPolicies(of: data, path, held: held, settings: settings, check: &check)
            case .databaseRole:
                let mount = segments.dropLast(2).joined(separator: "/")
                checkDatabaseRole(data, at: mount, path, check: &check)
            case nil:
                break
            }
        }
        return !check.violations.isEmpty
    }

    /// The database roles whose credentials no policy gives that is held: with them nobody loses what else there is.
    ///
    /// - Parameters:
    ///   - objects: the `data` of reads, by path.
    ///   - unread: paths that are held and could not be read. What a policy among them gives is not known.
    package static func idleRoles(among objects: [String: JSONValue], unread: Set<String>) -> Set<String> {
        guard !unread.contains(where: { VaultObjectKind(path: $0) == .policy }) else { return [] }
        var given: [PathPattern] = []
        for (path, data) in objects where VaultObjectKind(path: path) == .policy {
            guard let document = Self.document(of: data) else { return [] }
            given += document.rules.map { PathPattern($0.path) }
        }
        return Set(
            objects.keys.filter { path in
                guard let credentials = Self.credentials(ofRoleAt: path) else { return false }
                return !given.contains { $0.matches(credentials) }
            })
    }

    /// Where the credentials of a database role are read; nil for anything else.
    private static func credentials(ofRoleAt path: String) -> String? {
        guard VaultObjectKind(path: path) == .databaseRole else { return nil }
        var segments = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard segments.count >= 3 else { return nil }
        segments[segments.count - 2] = segments[segments.count - 2] == "static-roles" ? "static-creds" : "creds"
        return segments.joined(separator: "/")
    }

    /// What the text of a policy says; nil when it cannot be understood.
    private static func document(of policy: JSONValue) -> PolicyDocument? {
        policy["policy"]?.string.flatMap { try? PolicyDocument(parsing: $0) }
    }

    private static func checkPolicy(
        _ data: JSONValue, _ path: String, held: Set<String>, check: inout BoundaryCheck
    ) {
        guard let document = Self.document(of: data) else {
            return check.refuse(path, "a text that cannot be understood", allowed: [])
        }
        for rule in document.rules where !isCredentials(rule, ofRoleIn: held) { check.demand(rule, path) }
    }

    /// Whether a rule gives the credentials of a role that the binding holds: it is the role that has to be allowed.
    private static func isCredentials(_ rule: PolicyRule, ofRoleIn held: Set<String>) -> Bool {
        guard rule.capabilities.isSubset(of: [.read]) else { return false }
        var segments = rule.path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard segments.count >= 3 else { return false }
        switch segments[segments.count - 2] {
        case "creds": segments[segments.count - 2] = "roles"
        case "static-creds": segments[segments.count - 2] = "static-roles"
        default: return false
        }
        return held.contains(segments.joined(separator: "/"))
    }

    /// Policies that the binding does not hold are those that a spec named beside its own.
    private static func checkPolicies(
        of role: JSONValue, _ path: String, held: Set<String>, settings: PlanningSettings, check: inout BoundaryCheck
    ) {
        let own = Set(held.filter { VaultObjectKind(path: $0) == .policy }.map { $0.lowercased() })
        for policy in role["token_policies"]?.array?.compactMap(\.string) ?? []
        where !own.contains("sys/policies/acl/\(policy)".lowercased()) {
            demandExtraPolicy(policy, path, settings: settings, check: &check)
        }
    }

    private static func checkDatabaseRole(
        _ role: JSONValue, at mount: String, _ path: String, check: inout BoundaryCheck
    ) {
        let connection = role[DynamicDatabaseRole.connectionField]?.string ?? ""
        let databases = check.boundary.all(\.databases).map(\.value).filter {
            check.namesMount($0.mount, mount) && check.names($0.connection, connection)
        }
        let isAllowed =
            if let username = role["username"]?.string {
                databases.contains { $0.staticUsernames.contains { $0.hasSameBytes(as: username) } }
            } else {
                databases.contains { $0.allowsInlineStatements || !$0.templates.isEmpty }
            }
        if !isAllowed { check.refuse(path, Excerpt.quoting("\(mount)/config/\(connection)"), allowed: []) }
    }
}
