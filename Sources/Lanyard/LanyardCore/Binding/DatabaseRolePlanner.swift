import KubernetesModel
import LanyardAPI

/// Plans the database roles of a binding.
struct DatabaseRolePlanner {
    private static let limit = 64
    private static let nameLimit = 63

    let binding: VaultRoleBinding
    /// The binding's; nil when it is wrong, then names that depend on it are not checked.
    let roleName: String?
    let settings: PlanningSettings
    let templates: TemplateLookup

    /// The roles of a binding that nothing is wrong with.
    func roles(check: inout SpecCheck) -> [DesiredDatabaseRole] {
        let roles = check.bounded(binding.spec.databaseRoles, "spec.databaseRoles", limit: Self.limit) ?? []
        var planned: [DesiredDatabaseRole] = []
        var names: Set<String> = []
        for (index, role) in roles.enumerated() {
            let field = "spec.databaseRoles[\(index)]"
            let before = check.violations.count
            if !names.insert(role.name).inserted { check.invalid("\(field).name", "is the same as an earlier one") }
            let vaultName = vaultName(of: role, field, check: &check)
            let mount = role.mount ?? settings.mounts.database
            if let violation = VaultName.violation(inMount: mount) { check.invalid("\(field).mount", violation) }
            let (definition, template) = definition(of: role, field, mount: mount, check: &check)
            guard check.violations.count == before, let vaultName, let definition else { continue }
            let desired = DesiredDatabaseRole(
                name: role.name, mount: mount, vaultName: vaultName, role: definition, template: template,
                deletionPolicy: role.deletionPolicy ?? binding.spec.deletionPolicy ?? .delete,
                recreatePolicy: role.recreatePolicy ?? .report)
            // Dynamic and static roles share their names.
            if planned.contains(where: { $0.mount == mount && $0.vaultName == vaultName }) {
                check.invalid("\(field).vaultName", "is the same as an earlier role's: \(vaultName)")
            } else if let user = desired.userClaim, planned.contains(where: { $0.userClaim == user }) {
                check.invalid("\(field).static.username", "is the same as an earlier role's")
            } else {
                planned.append(desired)
            }
        }
        return planned
    }

    private func vaultName(of role: DatabaseRole, _ field: String, check: inout SpecCheck) -> String? {
        let isShort = role.name.utf8.count <= Self.nameLimit
        let violation =
            isShort
            ? VaultName.violation(inRoleName: role.name) : "must not be longer than \(Self.nameLimit) bytes"
        if let violation {
            check.invalid("\(field).name", violation)
            return nil
        }
        // Up to the first underscore a derived name is the role's: two of different bindings are never the same.
        if role.vaultName == nil, roleName?.contains("_") == true {
            check.invalid("\(field).vaultName", "must be given, as the name of the binding's role has an underscore")
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

    private func definition(
        of role: DatabaseRole, _ field: String, mount: String, check: inout SpecCheck
    ) -> (DatabaseRoleDefinition?, VaultRoleBindingStatus.TemplateVersion?) {
        if let settings = role.static { return (staticRole(role, settings, field, check: &check), nil) }
        guard let name = role.template else { return (dynamicRole(role, field, check: &check), nil) }
        return templatedRole(role, named: name, field, mount: mount, check: &check)
    }

    private func dynamicRole(
        _ role: DatabaseRole, _ field: String, check: inout SpecCheck
    ) -> DatabaseRoleDefinition? {
        let before = check.violations.count
        let dynamic = DynamicDatabaseRole(
            connection: role.connection ?? "", creation: role.statements?.creation ?? [],
            revocation: role.statements?.revocation ?? [], renew: role.statements?.renew ?? [],
            rollback: role.statements?.rollback ?? [],
            defaultTTL: check.seconds(role.defaultTTL, "\(field).defaultTTL") ?? 0,
            maxTTL: check.seconds(role.maxTTL, "\(field).maxTTL") ?? 0,
            credential: DatabaseCredential(type: role.credentialType, config: role.credentialConfig))
        check.add(dynamic.violations(field: field))
        return check.violations.count == before ? .dynamic(dynamic) : nil
    }

    private func staticRole(
        _ role: DatabaseRole, _ settings: DatabaseRole.Static, _ field: String, check: inout SpecCheck
    ) -> DatabaseRoleDefinition? {
        let before = check.violations.count
        if role.template != nil { check.invalid("\(field).template", "must not be given for a static role") }
        if role.statements != nil { check.invalid("\(field).statements", "must not be given for a static role") }
        for (name, ttl) in [("defaultTTL", role.defaultTTL), ("maxTTL", role.maxTTL)] where ttl != nil {
            check.invalid("\(field).\(name)", "must not be given for a static role")
        }
        let period = check.seconds(settings.rotationPeriod, "\(field).static.rotationPeriod")
        let fixed = StaticDatabaseRole(
            connection: role.connection ?? "", username: settings.username, rotationPeriod: period ?? 0,
            rotation: settings.rotationStatements ?? [],
            credential: DatabaseCredential(type: role.credentialType, config: role.credentialConfig))
        let isPeriodWrong = period == nil && settings.rotationPeriod != nil
        check.add(
            fixed.violations(field: field).filter {
                !isPeriodWrong || $0.field != "\(field).static.rotationPeriod"
            })
        return check.violations.count == before ? .static(fixed) : nil
    }

    private func templatedRole(
        _ role: DatabaseRole, named name: String, _ field: String, mount: String, check: inout SpecCheck
    ) -> (DatabaseRoleDefinition?, VaultRoleBindingStatus.TemplateVersion?) {
        let before = check.violations.count
        if !KubernetesName.isObjectName(name) {
            check.invalid("\(field).template", "must be the name of a DatabaseRoleTemplate")
        }
        if role.statements != nil { check.invalid("\(field).statements", "must not be given with a template") }
        if role.credentialType != nil { check.invalid("\(field).credentialType", "must be left to the template") }
        if role.credentialConfig != nil { check.invalid("\(field).credentialConfig", "must be left to the template") }
        if let connection = role.connection, let violation = VaultName.violation(inReference: connection) {
            check.invalid("\(field).connection", violation)
        }
        let defaultTTL = check.seconds(role.defaultTTL, "\(field).defaultTTL")
        let maxTTL = check.seconds(role.maxTTL, "\(field).maxTTL")
        if let defaultTTL, let maxTTL, defaultTTL > maxTTL {
            check.invalid("\(field).defaultTTL", "must not be longer than maxTTL")
        }
        guard check.violations.count == before else { return (nil, nil) }
        guard let object = templates(name) else {
            return (.undefined(.fails(.templateMissing, "there is no DatabaseRoleTemplate \(name)")), nil)
        }
        let version = VaultRoleBindingStatus.TemplateVersion(
            name: name, uid: object.metadata.uid ?? "", generation: object.metadata.generation ?? 0)
        switch DatabaseTemplate.make(of: object.spec, settings: settings) {
        case .failure(let violations):
            let message = "DatabaseRoleTemplate \(name) cannot be used: \(violations.message)"
            return (.undefined(.fails(.templateMissing, message)), version)
        case .success(let template):
            if template.mount != mount {
                check.invalid("\(field).mount", "must be \(template.mount), which the template is for")
            }
            var dynamic = template.role
            dynamic.connection = role.connection ?? template.role.connection
            if dynamic.connection.isEmpty {
                check.invalid("\(field).connection", "must be given, as the template is for several")
            } else if !template.allows(connection: dynamic.connection) {
                check.invalid(
                    "\(field).connection", "must be one that the template is for: \(template.connectionsText)")
            }
            let limit = dynamic.maxTTL
            for (name, ttl) in [("defaultTTL", defaultTTL), ("maxTTL", maxTTL)] {
                guard let ttl, limit > 0, ttl > limit else { continue }
                check.invalid("\(field).\(name)", "must not be longer than the template's \(VaultDuration.text(limit))")
            }
            if let maxTTL { dynamic.maxTTL = maxTTL }
            // A template's default that the binding's own limit cuts off is no mistake of the author's.
            let inherited = dynamic.maxTTL > 0 ? min(dynamic.defaultTTL, dynamic.maxTTL) : dynamic.defaultTTL
            dynamic.defaultTTL = defaultTTL ?? inherited
            return (check.violations.count == before ? .dynamic(dynamic) : nil, version)
        }
    }
}
