import KubernetesModel
package import LanyardAPI

/// The least policy that the operator itself needs in Vault: its own names, the connections that boundaries name, and its
/// own token. Nothing of what it grants to others, and `sudo` only where leases are to be revoked.
package struct OperatorPolicy: Equatable, Sendable {
    /// A mount in which the operator keeps objects.
    package struct Mount: Equatable, Sendable {
        /// As in API paths: `auth/kubernetes`, `database`.
        package let path: String
        /// What may be mounted there.
        package let types: [String]
        /// Whether a boundary or a binding uses it; else it is only a default of the configuration.
        package let isInUse: Bool
    }

    /// The rules.
    package let document: PolicyDocument
    /// The mounts that the rules are about, sorted by path.
    package let mounts: [Mount]
    /// API paths of the database connections that boundaries name, sorted.
    package let connectionPaths: [String]
    /// Patterns of names that could not be narrowed down, and were left out; to be read by people.
    package let omissions: [String]

    /// Derives the policy.
    ///
    /// - Parameters:
    ///   - boundaries: all of the cluster's; an invalid one allows nothing and so needs nothing.
    ///   - bindings: those that are known. Their names stand for patterns that begin with a placeholder, which Vault's
    ///     grammar could only say as "every name".
    ///   - revokesLeases: whether the leases of all database roles may have to be revoked. Those of bindings that say
    ///     `revokeLeasesOnDelete` may be in any case.
    ///   - policyName: the policy's own name in Vault, which makes it readable.
    ///   - declared: the VaultMounts that the operator keeps.
    package init(
        settings: PlanningSettings, boundaries: [IdentityBoundary], bindings: [VaultRoleBinding] = [],
        revokesLeases: Bool = false, policyName: String? = nil, declared: [VaultMount] = []
    ) {
        let grants = boundaries.sorted { $0.metadata.name < $1.metadata.name }.compactMap { boundary in
            var reading = BoundaryReading(settings: settings)
            let grant = BoundaryGrant(
                boundary.spec, boundary: "IdentityBoundary \(boundary.metadata.name)", reading: &reading)
            return reading.check.violations.isEmpty ? grant : nil
        }
        // Where no boundary is, names are derived ones.
        var roles: Set<String> = ["lanyard.\(settings.clusterName).*"]
        var databaseRoles = roles
        var omissions: [String] = []
        for grant in grants {
            for template in grant.names {
                switch template.prefix(cluster: settings.clusterName, trustDomain: settings.trustDomain.name) {
                case .exactly(let name):
                    roles.insert(name)
                    databaseRoles.formUnion([name, "\(name)_*"])
                case .beginning(let stem) where stem.isEmpty:
                    omissions.append("\(grant.boundary): names \(template.text) could be any name")
                case .beginning(let stem):
                    roles.insert("\(stem)*")
                    databaseRoles.insert("\(stem)*")
                }
            }
        }
        var revocable: Set<String> = []
        for binding in bindings {
            let role = binding.spec.roleName ?? BindingNames.derived(for: binding, settings: settings)
            roles.formUnion(
                [role, binding.spec.policyName ?? role].filter { VaultName.violation(inRoleName: $0) == nil })
            for databaseRole in binding.spec.databaseRoles ?? [] {
                let name = databaseRole.vaultName ?? "\(role)_\(databaseRole.name)"
                guard VaultName.violation(inDatabaseRoleName: name) == nil else { continue }
                databaseRoles.insert(name)
                if binding.spec.revokeLeasesOnDelete == true, databaseRole.static == nil { revocable.insert(name) }
            }
        }
        if revokesLeases { revocable = databaseRoles }
        self.omissions = bindings.isEmpty ? omissions : []
        let authMounts = Self.authMounts(grants: grants, bindings: bindings, settings: settings)
        let databases = grants.flatMap(\.databases)
        mounts =
            (authMounts
            + Set(databases.map(\.mount)).map { Mount(path: $0, types: ["database"], isInUse: true) })
            .sorted { $0.path < $1.path }
        connectionPaths = Set(databases.map { "\($0.mount)/config/\($0.connection)" }).sorted()
        let names = Names(
            roles: Self.withoutCovered(roles), databaseRoles: Self.withoutCovered(databaseRoles),
            revocable: Self.withoutCovered(revocable))
        var rules = Self.rules(for: names, authMounts: authMounts, databases: databases)
        if let policyName, VaultName.violation(inPolicyReference: policyName) == nil {
            rules.append(PolicyRule(path: "sys/policies/acl/\(policyName)", capabilities: [.read]))
        }
        document = PolicyDocument(merging: Self.completed(rules + MountPolicy.rules(for: declared)))
    }

    /// Vault looks at the most specific pattern alone (vault.md §7), so each allows what the wider ones do, too.
    private static func completed(_ rules: [PolicyRule]) -> [PolicyRule] {
        let patterns = rules.map { PathPattern($0.path) }
        return zip(rules, patterns).map { rule, pattern in
            var rule = rule
            for (wider, other) in zip(rules, patterns) where other != pattern && other.contains(pattern) {
                rule.capabilities.formUnion(wider.capabilities)
            }
            return rule
        }
    }

    /// Patterns of the names that objects have.
    private struct Names {
        let roles: [String]
        let databaseRoles: [String]
        /// Of database roles whose leases may be revoked.
        let revocable: [String]
    }

    private static func authMounts(
        grants: [BoundaryGrant], bindings: [VaultRoleBinding], settings: PlanningSettings
    ) -> [Mount] {
        let named = Set(grants.compactMap(\.authMounts).flatMap { $0 })
        let mounts = settings.mounts
        let jwt = Set(bindings.compactMap { binding in binding.spec.jwtAuth.map { $0.mount ?? mounts.jwtAuth } })
        return named.union([mounts.kubernetesAuth, mounts.jwtAuth]).map { mount in
            let types: [String] =
                switch mount {
                case mounts.kubernetesAuth where mount != mounts.jwtAuth: ["kubernetes"]
                case mounts.jwtAuth where mount != mounts.kubernetesAuth: ["jwt", "oidc"]
                default: ["kubernetes", "jwt", "oidc"]
                }
            let isInUse = named.contains(mount) || jwt.contains(mount) || mount == mounts.kubernetesAuth
            return Mount(path: "auth/\(mount)", types: types, isInUse: isInUse)
        }
    }

    private static func rules(
        for names: Names, authMounts: [Mount], databases: [BoundaryGrant.Database]
    ) -> [PolicyRule] {
        let whole: Set<Capability> = [.create, .read, .update, .delete]
        // Policies have no existence check: every write is an update.
        var rules = names.roles.map {
            PolicyRule(path: "sys/policies/acl/\($0)", capabilities: [.read, .update, .delete])
        }
        for mount in authMounts {
            rules += names.roles.map { PolicyRule(path: "\(mount.path)/role/\($0)", capabilities: whole) }
        }
        for database in databases {
            let path = "\(database.mount)/config/\(database.connection)"
            rules.append(PolicyRule(path: path, capabilities: [.read]))
            rules += names.databaseRoles.map { PolicyRule(path: "\(database.mount)/roles/\($0)", capabilities: whole) }
            // The server demands both, and every other way to revoke leases wants sudo on all of them, to list them. Static
            // roles give out none.
            if database.allowsInlineStatements || !database.templates.isEmpty {
                rules += names.revocable.map {
                    PolicyRule(
                        path: DatabaseLeases(at: "\(database.mount)/creds/\($0)").revocationPath,
                        capabilities: [.update, .sudo])
                }
            }
            // A dynamic role that is to be created looks whether a static one of its name is in its way.
            let isStatic = !database.staticUsernames.isEmpty
            rules += names.databaseRoles.map {
                PolicyRule(path: "\(database.mount)/static-roles/\($0)", capabilities: isStatic ? whole : [.read])
            }
        }
        rules += [
            PolicyRule(path: "auth/token/lookup-self", capabilities: [.read]),
            PolicyRule(path: "auth/token/renew-self", capabilities: [.update]),
            PolicyRule(path: "auth/token/revoke-self", capabilities: [.update]),
            // For `lanyard doctor`.
            PolicyRule(path: "sys/capabilities-self", capabilities: [.update]),
        ]
        return rules
    }

    /// Names that no other one covers.
    private static func withoutCovered(_ names: Set<String>) -> [String] {
        names.filter { name in
            !names.contains { $0 != name && PathPattern($0).contains(PathPattern(name)) }
        }.sorted()
    }
}

extension BoundaryTemplate {
    /// What names of a pattern have in common, whatever namespace and ServiceAccount they are for.
    enum Prefix: Equatable {
        case exactly(String)
        case beginning(String)
    }

    /// The literal beginning, with those placeholders filled that are the same for all.
    func prefix(cluster: String, trustDomain: String) -> Prefix {
        let filled = text.replacing("{cluster}", with: cluster).replacing("{trustDomain}", with: trustDomain)
        guard let end = filled.firstIndex(where: { $0 == "{" || $0 == "*" }) else { return .exactly(filled) }
        return .beginning(String(filled[..<end]))
    }
}
