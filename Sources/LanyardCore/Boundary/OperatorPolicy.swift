import KubernetesModel
package import LanyardAPI

/// The least policy that the operator itself needs in Vault: its own names, the connections that boundaries name, and its
/// own token; nothing of what it grants to others. Sudo only to revoke the leases of its own database roles, if wanted.
package struct OperatorPolicy: Equatable, Sendable {
    /// The rules.
    package let document: PolicyDocument
    /// Patterns of names that could not be narrowed down, and were left out; to be read by people.
    package let omissions: [String]

    /// Derives the policy.
    ///
    /// - Parameters:
    ///   - boundaries: all of the cluster's; an invalid one allows nothing and so needs nothing.
    ///   - bindings: those that are known. Their names stand for patterns that begin with a placeholder, which Vault's
    ///     grammar could only say as "every name".
    ///   - revokesLeases: whether the operator may revoke leases of its database roles, which the server gives to nobody
    ///     without sudo.
    package init(
        settings: PlanningSettings, boundaries: [IdentityBoundary], bindings: [VaultRoleBinding] = [],
        revokesLeases: Bool = true
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
        for binding in bindings {
            let role = binding.spec.roleName ?? BindingNames.derived(for: binding, settings: settings)
            roles.formUnion(
                [role, binding.spec.policyName ?? role].filter { VaultName.violation(inRoleName: $0) == nil })
            for databaseRole in binding.spec.databaseRoles ?? [] {
                let name = databaseRole.vaultName ?? "\(role)_\(databaseRole.name)"
                if VaultName.violation(inDatabaseRoleName: name) == nil { databaseRoles.insert(name) }
            }
        }
        self.omissions = bindings.isEmpty ? omissions : []
        let ownDatabaseRoles = Self.withoutCovered(databaseRoles)
        var rules = Self.rules(
            roles: Self.withoutCovered(roles), databaseRoles: ownDatabaseRoles, grants: grants, settings: settings)
        if revokesLeases { rules += Self.revocations(of: ownDatabaseRoles, databases: grants.flatMap(\.databases)) }
        document = PolicyDocument(merging: rules)
    }

    /// For `revokeLeasesOnDelete`, and for roles that are made anew at another connection. The server demands both
    /// capabilities, and the other ways to revoke leases would have to list them, which demands sudo on all of them.
    private static func revocations(of roles: [String], databases: [BoundaryGrant.Database]) -> [PolicyRule] {
        // Static roles give out no leases.
        databases.filter { $0.allowsInlineStatements || !$0.templates.isEmpty }.flatMap { database in
            roles.map { name in
                PolicyRule(
                    path: DatabaseLeases(at: "\(database.mount)/creds/\(name)").revocationPath,
                    capabilities: [.update, .sudo])
            }
        }
    }

    private static func rules(
        roles: [String], databaseRoles: [String], grants: [BoundaryGrant], settings: PlanningSettings
    ) -> [PolicyRule] {
        let stated = grants.compactMap(\.authMounts).flatMap { $0 }
        let authMounts = Set(stated + [settings.mounts.kubernetesAuth, settings.mounts.jwtAuth])
        let databases = grants.flatMap(\.databases)
        let whole: Set<Capability> = [.create, .read, .update, .delete]
        // Policies have no existence check: every write is an update.
        var rules = roles.map { PolicyRule(path: "sys/policies/acl/\($0)", capabilities: [.read, .update, .delete]) }
        for mount in authMounts {
            rules += roles.map { PolicyRule(path: "auth/\(mount)/role/\($0)", capabilities: whole) }
        }
        for database in databases {
            let path = "\(database.mount)/config/\(database.connection)"
            rules.append(PolicyRule(path: path, capabilities: [.read]))
            rules += databaseRoles.map { PolicyRule(path: "\(database.mount)/roles/\($0)", capabilities: whole) }
            guard !database.staticUsernames.isEmpty else { continue }
            rules += databaseRoles.map { PolicyRule(path: "\(database.mount)/static-roles/\($0)", capabilities: whole) }
        }
        rules += [
            PolicyRule(path: "auth/token/lookup-self", capabilities: [.read]),
            PolicyRule(path: "auth/token/renew-self", capabilities: [.update]),
            PolicyRule(path: "auth/token/revoke-self", capabilities: [.update]),
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
