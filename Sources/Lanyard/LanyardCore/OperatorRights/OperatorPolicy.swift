import KubernetesModel
package import LanyardAPI

/// The least policy that the operator itself needs in Vault: its own names, the connections that boundaries name, what
/// accepted bindings have, and its own token. Nothing of what it grants to others, and `sudo` only where leases are to be
/// revoked or auth methods to be enabled.
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

    /// All rules, each path once.
    package let document: PolicyDocument
    /// The mounts that the rules are about, sorted by path.
    package let mounts: [Mount]
    /// API paths of the database connections that boundaries and bindings name, sorted.
    package let connectionPaths: [String]
    /// What accepted bindings take for granted of secrets engines, each once, in the words of the first.
    package let needs: [EngineNeed]
    /// What could not be narrowed down, and was left out; to be read by people.
    package let omissions: [String]

    /// Derives the policy from the configuration and from what is declared.
    ///
    /// - Parameters:
    ///   - boundaries: all of the cluster's; an invalid one allows nothing and so needs nothing.
    ///   - admitted: what is to exist for those bindings that were admitted, and for no others: what a tenant only asks
    ///     for must not widen the operator's own rights. Their names stand for patterns that begin with a placeholder,
    ///     which Vault's grammar could only say as "every name".
    ///   - revokesLeases: whether the leases of all database roles may have to be revoked. Those of bindings that say
    ///     `revokeLeasesOnDelete` may be in any case.
    ///   - policyName: the policy's own name in Vault, which makes it readable.
    ///   - declared: the VaultMounts that the operator keeps.
    package init(
        settings: PlanningSettings, boundaries: [IdentityBoundary], admitted: [DesiredAccess] = [],
        revokesLeases: Bool = false, policyName: String? = nil, declared: [VaultMount] = []
    ) {
        let patterns = OperatorPatterns(boundaries, settings: settings, revokesLeases: revokesLeases)
        omissions = admitted.isEmpty ? patterns.omissions : []
        let authMounts = Self.authMounts(patterns, admitted: admitted, settings: settings)
        let databaseMounts = Set(patterns.databaseMounts).union(admitted.flatMap { $0.databaseRoles.map(\.mount) })
        var seen: Set<String> = []
        needs = admitted.flatMap(\.engines).filter { seen.insert("\($0.mount) \($0.engine)").inserted }
        mounts =
            (authMounts + databaseMounts.map { Mount(path: $0, types: ["database"], isInUse: true) })
            .sorted { $0.path < $1.path }
        let bound = admitted.flatMap { $0.databaseRoles.compactMap(\.connectionPath) }
        connectionPaths = Set(patterns.connectionPaths + bound).sorted()
        var rules = patterns.rules + admitted.flatMap(Self.rules(for:)) + Self.ownRules(authMounts: authMounts)
        rules += bound.map { PolicyRule(path: $0, capabilities: [.read]) }
        if let policyName, VaultName.violation(inPolicyReference: policyName) == nil {
            rules.append(PolicyRule(path: "sys/policies/acl/\(policyName)", capabilities: [.read]))
        }
        document = Self.least(PolicyDocument(merging: rules + MountPolicy.rules(for: declared)).rules)
    }

    /// What the objects of one binding need, each under its own name.
    private static func rules(for access: DesiredAccess) -> [PolicyRule] {
        var rules = [PolicyRule(path: access.policyPath, capabilities: OperatorPatterns.ofPolicies)]
        rules += [access.kubernetesRole?.path, access.jwtRole?.path].compactMap { path in
            path.map { PolicyRule(path: $0, capabilities: OperatorPatterns.whole) }
        }
        for role in access.databaseRoles {
            rules.append(PolicyRule(path: role.path, capabilities: OperatorPatterns.whole))
            // A role that is to be created looks whether one of the other kind has its name.
            rules.append(PolicyRule(path: role.counterpartPath, capabilities: [.read]))
            if access.revokesLeases, let leases = DatabaseLeases(ofRoleAt: role.path) {
                rules += OperatorPatterns.rules(for: leases)
            }
        }
        return rules
    }

    private static func ownRules(authMounts: [Mount]) -> [PolicyRule] {
        var rules = [
            PolicyRule(path: "auth/token/lookup-self", capabilities: [.read]),
            PolicyRule(path: "auth/token/renew-self", capabilities: [.update]),
            PolicyRule(path: "auth/token/revoke-self", capabilities: [.update]),
            // What the operator may do, it says before it has to be done.
            PolicyRule(path: "sys/capabilities-self", capabilities: [.update]),
            // Whether what access is given to is there, and of which version: Vault would say so to the workload alone.
            PolicyRule(path: "sys/mounts", capabilities: [.read]),
        ]
        // Whether anybody can log in there. What it shows is no secret.
        rules += authMounts.map { PolicyRule(path: "\($0.path)/config", capabilities: [.read]) }
        return rules
    }

    /// Rules of different paths as the server reads them: it looks at the most specific pattern alone (rule policy-6), so
    /// each allows what the wider ones do, too; and one that allows no more than all of those is left out.
    private static func least(_ rules: [PolicyRule]) -> PolicyDocument {
        // Only what has a wildcard is wider than anything.
        let patterns = rules.map { PathPattern($0.path) }
        let wide = patterns.indices.filter { rules[$0].path.contains("*") || rules[$0].path.contains("+") }
        let wider = patterns.map { pattern in
            wide.filter { patterns[$0] != pattern && patterns[$0].contains(pattern) }
        }
        var completed = rules
        for (index, others) in wider.enumerated() {
            for other in others { completed[index].capabilities.formUnion(rules[other].capabilities) }
        }
        let kept = completed.indices.filter { index in
            wider[index].isEmpty
                || wider[index].contains { !completed[$0].capabilities.isSuperset(of: completed[index].capabilities) }
        }
        return PolicyDocument(merging: kept.map { completed[$0] })
    }

    private static func authMounts(
        _ patterns: OperatorPatterns, admitted: [DesiredAccess], settings: PlanningSettings
    ) -> [Mount] {
        let mounts = settings.mounts
        let roles = admitted.flatMap { [$0.kubernetesRole?.path, $0.jwtRole?.path].compactMap { $0 } }
        let used = Set(roles.compactMap { path in path.firstRange(of: "/role/").map { path[..<$0.lowerBound] } })
        let named = Set(patterns.authMounts.map { "auth/\($0)" })
        let defaults = [mounts.kubernetesAuth, mounts.jwtAuth].map { "auth/\($0)" }
        return named.union(used.map { String($0) }).union(defaults).map { path in
            let types: [String] =
                switch String(path.dropFirst("auth/".count)) {
                case mounts.kubernetesAuth where mounts.kubernetesAuth != mounts.jwtAuth: ["kubernetes"]
                case mounts.jwtAuth where mounts.jwtAuth != mounts.kubernetesAuth: ["jwt", "oidc"]
                default: ["kubernetes", "jwt", "oidc"]
                }
            let isUsed = named.contains(path) || used.contains(path[...]) || path == defaults.first
            return Mount(path: path, types: types, isInUse: isUsed)
        }
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
