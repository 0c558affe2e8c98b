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
}
