import KubernetesModel
package import LanyardAPI

/// The API paths of Vault that a binding names, read off its spec without planning it: for indices, which must be cheap whatever
/// a spec looks like.
package enum BindingPaths {
    /// As many database roles as a valid spec can have.
    private static let roleLimit = 64

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
