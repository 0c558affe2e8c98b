import KubernetesModel
package import LanyardAPI

/// The names that a binding has in Vault.
struct BindingNames: Equatable {
    /// Name of the auth role; nil when the spec gives a wrong one.
    var role: String?
    /// Name of the policy; nil when the spec gives a wrong one.
    var policy: String?

    /// Takes the names from a spec, or derives them: `lanyard.<cluster>.<namespace>.<name>`.
    ///
    /// At most 389 bytes are derived, which every server takes.
    init(of binding: VaultRoleBinding, settings: PlanningSettings, check: inout SpecCheck) {
        role = Self.derived(for: binding, settings: settings)
        if let name = binding.spec.roleName {
            let violation =
                VaultName.violation(inRoleName: name)
                ?? Self.reservation(of: name, binding: binding, settings: settings)
            if let violation { check.invalid("spec.roleName", violation) }
            role = violation == nil ? name : nil
        }
        policy = role
        if let name = binding.spec.policyName {
            let violation =
                VaultName.violation(inPolicyName: name)
                ?? Self.reservation(of: name, binding: binding, settings: settings)
            if let violation { check.invalid("spec.policyName", violation) }
            policy = violation == nil ? name : nil
        } else if let name = role, binding.spec.roleName != nil, let violation = VaultName.violation(inPolicyName: name)
        {
            check.invalid("spec.roleName", "\(violation), as the policy is named like the role")
            policy = nil
        }
    }

    /// The name of role and policy of a binding that does not say one.
    static func derived(for binding: VaultRoleBinding, settings: PlanningSettings) -> String {
        prefix(of: binding, settings: settings) + binding.metadata.name
    }

    /// Whose a name is that this binding must not take; nil when nobody's.
    ///
    /// Names under `lanyard.` are derived ones: they belong to the namespace that they name, or an author could take
    /// a name before another namespace's binding needs it.
    static func reservation(
        of name: String, binding: VaultRoleBinding, settings: PlanningSettings
    ) -> String? {
        if settings.reservedVaultNames.contains(name) { return "must not be a name of the operator's own" }
        let own = prefix(of: binding, settings: settings)
        guard name.hasPrefix("lanyard."), !name.hasPrefix(own) else { return nil }
        return "must begin with \(own) if it begins with lanyard., as other such names belong to others"
    }

    /// How derived names begin: `lanyard.<cluster>.<namespace>.`
    static func prefix(of binding: VaultRoleBinding, settings: PlanningSettings) -> String {
        prefix(settings) + "\(binding.metadata.namespace ?? "")."
    }

    /// How those of a cluster begin: `lanyard.<cluster>.`
    private static func prefix(_ settings: PlanningSettings) -> String { "lanyard.\(settings.clusterName)." }

    /// The binding from which a name is derived; nil when it is from none.
    static func binding(derivedName name: String, settings: PlanningSettings) -> ObjectKey? {
        // In a database role's name an underscore follows, which no binding's name has.
        let parts = name.prefix { $0 != "_" }
        guard parts.hasPrefix(prefix(settings)) else { return nil }
        let names = parts.dropFirst(prefix(settings).count).split(
            separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard names.count == 2, names.allSatisfy({ !$0.isEmpty }) else { return nil }
        return ObjectKey(namespace: String(names[0]), name: String(names[1]))
    }
}

/// The API paths of Vault that a binding names, read off its spec without planning it: for indices, which must be cheap whatever
/// a spec looks like.
package enum BindingPaths {
    /// As many database roles as a valid spec can have.
    static let roleLimit = 64

    /// What `DesiredAccess.claimPaths` of a valid binding is, each once. Of one that is not valid it may be anything: whoever
    /// looks up a path asks `Admission`, too.
    package static func named(by binding: VaultRoleBinding, settings: PlanningSettings) -> Set<String> {
        let spec = binding.spec
        let role = spec.roleName ?? BindingNames.derived(for: binding, settings: settings)
        var paths: Set<String> = ["sys/policies/acl/\(spec.policyName ?? role)"]
        if spec.kubernetesAuth?.enabled != false {
            paths.insert("auth/\(spec.kubernetesAuth?.mount ?? settings.mounts.kubernetesAuth)/role/\(role)")
        }
        if let method = spec.jwtAuth { paths.insert("auth/\(method.mount ?? settings.mounts.jwtAuth)/role/\(role)") }
        for database in (spec.databaseRoles ?? []).prefix(roleLimit) {
            let mount = database.mount ?? settings.mounts.database
            let collection = database.static == nil ? "roles" : "static-roles"
            paths.insert("\(mount)/\(collection)/\(database.vaultName ?? "\(role)_\(database.name)")")
            if let user = database.static?.username {
                paths.insert(
                    DatabaseUserClaim.path(mount: mount, connection: database.connection ?? "", username: user))
            }
        }
        return paths
    }

    /// What `AccessOutlook.readPaths` of a valid binding is, each once.
    package static func surveyed(by binding: VaultRoleBinding, settings: PlanningSettings) -> Set<String> {
        var paths = Set(
            named(by: binding, settings: settings).lazy.filter { VaultObjectKind(path: $0) == .authRole }
                .compactMap { AccessOutlook.configuration(ofRoleAt: $0)?.path })
        let access = binding.spec.access
        let counts = [access?.kv?.count, access?.pki?.count, access?.transit?.count].compactMap { $0 }
        // Who has more is refused.
        guard (1...AccessPlanner.maximumRules).contains(counts.reduce(0, +)) else { return paths }
        paths.insert(AccessSights.listingPath)
        paths.formUnion(EngineNeed.all(of: access, mounts: settings.mounts).compactMap(\.path))
        return paths
    }
}
