import KubernetesModel
package import LanyardAPI

/// What a VaultRoleBinding asks for beyond what its namespace is allowed (rule bound-8).
package enum BindingBoundaryCheck {
    /// All violations, in the order of the spec's fields; whether the spec is valid is not looked at here.
    ///
    /// - Parameters:
    ///   - subject: who gets the access; while it is nil, only what no ServiceAccount would be allowed counts.
    ///   - templates: the DatabaseRoleTemplates that there are.
    package static func violations(
        of binding: VaultRoleBinding, subject: SubjectResolution?, boundary: EffectiveBoundary,
        settings: PlanningSettings, templates: TemplateLookup = { _ in nil }
    ) -> [BoundaryViolation] {
        let spec = binding.spec
        var check = Self.check(of: binding, subject: subject, boundary: boundary, settings: settings)
        checkNames(of: binding, settings: settings, check: &check)
        checkMounts(of: spec, settings: settings, check: &check)
        checkToken(of: spec, settings: settings, check: &check)
        checkAccess(of: spec, settings: settings, check: &check)
        for (index, role) in (spec.databaseRoles ?? []).enumerated() {
            let connection = role.connection ?? connection(ofTemplate: role.template.flatMap(templates), settings)
            checkDatabaseRole(
                role, at: connection, "spec.databaseRoles[\(index)]", settings: settings, check: &check)
        }
        if spec.driftPolicy == .report { check.demand(.allowReportOnly, "spec.driftPolicy", "Report") }
        if spec.deletionPolicy == .orphan { check.demand(.allowOrphan, "spec.deletionPolicy", "Orphan") }
        return check.violations
    }

    /// Whether the names of a binding are allowed whoever gets the access; nothing else is looked at.
    package static func allowsNames(
        of binding: VaultRoleBinding, boundary: EffectiveBoundary, settings: PlanningSettings
    ) -> Bool {
        var check = Self.check(of: binding, subject: nil, boundary: boundary, settings: settings)
        checkNames(of: binding, settings: settings, check: &check)
        return check.violations.isEmpty
    }

    /// Whether those of its database roles are allowed as well, and the users of static ones. A spec for which that is not so is
    /// refused: it is in nobody's way.
    package static func allowsEveryName(
        of binding: VaultRoleBinding, boundary: EffectiveBoundary, settings: PlanningSettings
    ) -> Bool {
        var check = Self.check(of: binding, subject: nil, boundary: boundary, settings: settings)
        checkNames(of: binding, settings: settings, check: &check)
        let roles = binding.spec.databaseRoles ?? []
        // Of more no spec is valid, and this has to be cheap.
        guard roles.count <= BindingPaths.roleLimit else { return false }
        for role in roles where check.violations.isEmpty {
            if let name = role.vaultName { demandName(name, "spec.databaseRoles", check: &check) }
            guard let user = role.static else { continue }
            let databases = databases(of: role, at: role.connection, settings: settings, check: check)
            demandUser(user.username, "spec.databaseRoles", at: databases, check: &check)
        }
        return check.violations.isEmpty
    }

    static func check(
        of binding: VaultRoleBinding, subject: SubjectResolution?, boundary: EffectiveBoundary,
        settings: PlanningSettings
    ) -> BoundaryCheck {
        let values = BoundaryTemplate.Values(
            namespace: binding.metadata.namespace ?? "", name: binding.metadata.name,
            serviceAccounts: subject.map { Optional($0).serviceAccounts }, cluster: settings.clusterName,
            trustDomain: settings.trustDomain.name)
        return BoundaryCheck(boundary: boundary, values: values, mounts: settings.mounts)
    }

    private static func checkNames(
        of binding: VaultRoleBinding, settings: PlanningSettings, check: inout BoundaryCheck
    ) {
        let spec = binding.spec
        let role = spec.roleName ?? BindingNames.derived(for: binding, settings: settings)
        demandName(role, "spec.roleName", check: &check)
        // A policy without a name of its own has the role's.
        if let policy = spec.policyName, policy != role { demandName(policy, "spec.policyName", check: &check) }
    }

    static func demandName(_ name: String, _ field: String, check: inout BoundaryCheck) {
        let asked = name.contains("*") || name.contains("+") || name.contains("/") ? "" : name
        check.demand(PathPattern(asked), Excerpt.quoting(name), field, in: check.boundary.all(\.names))
    }

    private static func checkMounts(
        of spec: VaultRoleBindingSpec, settings: PlanningSettings, check: inout BoundaryCheck
    ) {
        let source = check.boundary.sources.joined(separator: ", ")
        let allowed = check.boundary.authMounts.map { AllowedValue(value: $0, boundary: source) }
        if spec.kubernetesAuth?.enabled != false {
            check.demand(
                spec.kubernetesAuth?.mount ?? settings.mounts.kubernetesAuth, "spec.kubernetesAuth.mount",
                oneOf: allowed)
        }
        if let method = spec.jwtAuth {
            check.demand(method.mount ?? settings.mounts.jwtAuth, "spec.jwtAuth.mount", oneOf: allowed)
        }
    }

    private static func checkToken(
        of spec: VaultRoleBindingSpec, settings: PlanningSettings, check: inout BoundaryCheck
    ) {
        let cap = check.boundary.maxTokenTTL
        check.demand(spec.token?.ttl, "spec.token.ttl", atMost: cap)
        check.demand(spec.token?.maxTTL, "spec.token.maxTTL", atMost: cap)
        check.demand(spec.token?.explicitMaxTTL, "spec.token.explicitMaxTTL", atMost: cap)
        if let period = spec.token?.period {
            check.demand(.allowPeriodicTokens, "spec.token.period", Excerpt.quoting(period))
            if check.boundary.allows(.allowPeriodicTokens) {
                check.demand(period, "spec.token.period", atMost: cap)
            }
        }
        for (index, policy) in (spec.token?.extraPolicies ?? []).enumerated() {
            demandExtraPolicy(policy, "spec.token.extraPolicies[\(index)]", settings: settings, check: &check)
        }
    }

    static func demandExtraPolicy(
        _ policy: String, _ field: String, settings: PlanningSettings, check: inout BoundaryCheck
    ) {
        // Policies of bindings and of the operator itself are nobody else's, whatever a pattern says (threat T40).
        if policy.hasPrefix("lanyard.") || settings.reservedVaultNames.contains(policy) {
            return check.refuse(field, "\(Excerpt.quoting(policy)), a policy that Lanyard keeps", allowed: [])
        }
        let asked = policy.contains("*") || policy.contains("+") ? "" : policy
        check.demand(PathPattern(asked), Excerpt.quoting(policy), field, in: check.boundary.all(\.extraPolicies))
    }

    /// The entries become rules as the planner makes them, merged, so that what is checked is what is written, once.
    private static func checkAccess(
        of spec: VaultRoleBindingSpec, settings: PlanningSettings, check: inout BoundaryCheck
    ) {
        for (rule, field) in AccessPlanner.asked(for: spec.access, mounts: settings.mounts) {
            check.demand(rule, field)
        }
    }

    /// The connection that a role without one of its own has from its template; nil when that does not say one.
    private static func connection(
        ofTemplate template: DatabaseRoleTemplate?, _ settings: PlanningSettings
    ) -> String? {
        let connection = (template.flatMap { try? DatabaseTemplate.make(of: $0.spec, settings: settings).get() })?
            .role.connection
        return connection?.isEmpty == true ? nil : connection
    }

    /// The allowed databases that a role may be in. Nothing is skipped because it cannot be resolved: without the connection,
    /// mount and template are held against all that is allowed at that mount.
    private static func databases(
        of role: DatabaseRole, at connection: String?, settings: PlanningSettings, check: BoundaryCheck
    ) -> [AllowedValue<BoundaryGrant.Database>] {
        let mount = role.mount ?? settings.mounts.database
        let isConnectionOpen = connection == nil && role.template != nil
        return check.boundary.all(\.databases).filter {
            check.namesMount($0.value.mount, mount)
                && (isConnectionOpen || check.names($0.value.connection, connection ?? ""))
        }
    }

    private static func demandUser(
        _ username: String, _ field: String, at databases: [AllowedValue<BoundaryGrant.Database>],
        check: inout BoundaryCheck
    ) {
        check.demand(
            username, field,
            oneOf: databases.flatMap { entry in
                entry.value.staticUsernames.map { AllowedValue(value: $0, boundary: entry.boundary) }
            })
    }

    private static func checkDatabaseRole(
        _ role: DatabaseRole, at connection: String?, _ field: String, settings: PlanningSettings,
        check: inout BoundaryCheck
    ) {
        // A derived name goes with the role's name, which is checked already.
        if let name = role.vaultName { demandName(name, "\(field).vaultName", check: &check) }
        let mount = role.mount ?? settings.mounts.database
        let all = check.boundary.all(\.databases)
        let isConnectionOpen = connection == nil && role.template != nil
        let databases = databases(of: role, at: connection, settings: settings, check: check)
        if databases.isEmpty, isConnectionOpen {
            check.refuse(
                "\(field).mount", Excerpt.quoting(mount),
                allowed: all.map { .init(value: $0.value.mount.text, boundary: $0.boundary) })
        } else if databases.isEmpty {
            check.refuse(
                "\(field).connection", Excerpt.quoting("\(mount)/config/\(connection ?? "")"),
                allowed: all.map {
                    .init(
                        value: "\($0.value.mount.text)/config/\($0.value.connection.text)", boundary: $0.boundary)
                })
        } else {
            checkMaking(of: role, field, at: databases, check: &check)
        }
        // A lease ends with the token that it was read with.
        check.demand(role.defaultTTL, "\(field).defaultTTL", atMost: check.boundary.maxTokenTTL)
        check.demand(role.maxTTL, "\(field).maxTTL", atMost: check.boundary.maxTokenTTL)
        if role.deletionPolicy == .orphan { check.demand(.allowOrphan, "\(field).deletionPolicy", "Orphan") }
    }

    /// Statements of the author's own need a connection that allows them, and so do templates and existing users.
    private static func checkMaking(
        of role: DatabaseRole, _ field: String, at databases: [AllowedValue<BoundaryGrant.Database>],
        check: inout BoundaryCheck
    ) {
        if let template = role.template {
            let list = databases.flatMap { entry in
                entry.value.templates.map { AllowedValue(value: $0, boundary: entry.boundary) }
            }
            let asked = template.contains("*") || template.contains("+") || template.contains("/") ? "" : template
            check.demand(PathPattern(asked), Excerpt.quoting(template), "\(field).template", in: list)
        }
        let allowsStatements = databases.contains { $0.value.allowsInlineStatements }
        if role.statements != nil, !allowsStatements {
            check.refuse("\(field).statements", "statements of its own", allowed: [])
        }
        guard let user = role.static else { return }
        demandUser(user.username, "\(field).static.username", at: databases, check: &check)
        if user.rotationStatements?.isEmpty == false, !allowsStatements {
            check.refuse("\(field).static.rotationStatements", "statements of its own", allowed: [])
        }
    }
}
