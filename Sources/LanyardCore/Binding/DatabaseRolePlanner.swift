import LanyardAPI

/// Plans the database roles of a binding.
enum DatabaseRolePlanner {
    private static let limit = 64
    private static let nameLimit = 63

    /// The roles of a binding that nothing is wrong with.
    ///
    /// - Parameter roleName: the binding's; nil when it is wrong, then names that depend on it are not checked.
    static func roles(
        of binding: VaultRoleBinding, roleName: String?, settings: PlanningSettings, check: inout SpecCheck
    ) -> [DesiredDatabaseRole] {
        let roles = check.bounded(binding.spec.databaseRoles, "spec.databaseRoles", limit: limit) ?? []
        var planned: [DesiredDatabaseRole] = []
        var names: Set<String> = []
        for (index, role) in roles.enumerated() {
            let field = "spec.databaseRoles[\(index)]"
            let before = check.violations.count
            if !names.insert(role.name).inserted { check.invalid("\(field).name", "is the same as an earlier one") }
            let vaultName = vaultName(
                of: role, field, roleName: roleName, binding: binding, settings: settings, check: &check)
            let mount = role.mount ?? settings.mounts.database
            if let violation = VaultName.violation(inMount: mount) { check.invalid("\(field).mount", violation) }
            let dynamic = dynamicRole(role, field, check: &check)
            guard check.violations.count == before, let vaultName, let dynamic else { continue }
            let path = "\(mount)/roles/\(vaultName)"
            if planned.contains(where: { $0.path == path }) {
                check.invalid("\(field).vaultName", "is the same as an earlier role's: \(vaultName)")
                continue
            }
            planned.append(
                DesiredDatabaseRole(
                    name: role.name, mount: mount, vaultName: vaultName, role: dynamic,
                    deletionPolicy: role.deletionPolicy ?? binding.spec.deletionPolicy ?? .delete))
        }
        return planned
    }

    private static func vaultName(
        of role: DatabaseRole, _ field: String, roleName: String?, binding: VaultRoleBinding,
        settings: PlanningSettings, check: inout SpecCheck
    ) -> String? {
        let isShort = role.name.utf8.count <= nameLimit
        let violation =
            isShort
            ? VaultName.violation(inDatabaseRoleName: role.name) : "must not be longer than \(nameLimit) bytes"
        if let violation {
            check.invalid("\(field).name", violation)
            return nil
        }
        guard let name = role.vaultName ?? roleName.map({ "\($0)_\(role.name)" }) else { return nil }
        let nameViolation =
            VaultName.violation(inDatabaseRoleName: name)
            ?? BindingNames.reservation(of: name, binding: binding, settings: settings)
        guard let nameViolation else { return name }
        check.invalid("\(field).vaultName", nameViolation)
        return nil
    }

    private static func dynamicRole(
        _ role: DatabaseRole, _ field: String, check: inout SpecCheck
    ) -> DynamicDatabaseRole? {
        let before = check.violations.count
        let notYet = "not supported yet"
        if role.template != nil { check.invalid("\(field).template", notYet) }
        let defaultTTL = check.seconds(role.defaultTTL, "\(field).defaultTTL") ?? 0
        let maxTTL = check.seconds(role.maxTTL, "\(field).maxTTL") ?? 0
        if let type = role.credentialType, type != "password" {
            check.invalid("\(field).credentialType", "must be password: others are \(notYet)")
        }
        if role.credentialConfig?.isEmpty == false { check.invalid("\(field).credentialConfig", notYet) }
        if role.static != nil { check.invalid("\(field).static", notYet) }
        // A template or a static role has no statements of its own: their lack is not to be reported.
        guard role.template == nil, role.static == nil else { return nil }
        let dynamic = DynamicDatabaseRole(
            connection: role.connection ?? "", creation: role.statements?.creation ?? [],
            revocation: role.statements?.revocation ?? [], renew: role.statements?.renew ?? [],
            rollback: role.statements?.rollback ?? [], defaultTTL: defaultTTL, maxTTL: maxTTL)
        check.add(dynamic.violations(field: field))
        return check.violations.count == before ? dynamic : nil
    }
}
