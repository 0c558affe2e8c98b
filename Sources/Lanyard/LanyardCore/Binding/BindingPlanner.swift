import KubernetesModel
package import LanyardAPI

/// Plans what a VaultRoleBinding becomes in Vault, and says what is wrong with its spec (rule spec-4).
package enum BindingPlanner {
    private static let serviceAccountLimit = 64
    private static let audienceLimit = 16

    /// What should exist for a binding. Whether its namespace may ask for it is not looked at here: `Admission` does.
    ///
    /// - Parameters:
    ///   - subject: who gets the access; nil while the identity is not known. Then the roles have no ServiceAccounts
    ///     and must not be written; paths and violations are the same.
    ///   - templates: the templates that there are. One that is missing is no violation: its roles are undefined.
    ///   - tokenTTLCap: the longest life in seconds of tokens whose binding does not say one; nil leaves that to the
    ///     server.
    /// - Returns: all violations, in the order of the spec's fields, if there is one; then nothing is to be written.
    package static func desired(
        for binding: VaultRoleBinding, subject: SubjectResolution?, settings: PlanningSettings,
        templates: @escaping TemplateLookup = { _ in nil }, tokenTTLCap: Int? = nil
    ) -> Result<DesiredAccess, SpecViolations> {
        let spec = binding.spec
        var check = SpecCheck()
        check.omissions(of: binding)
        // Of a part of a spec nothing can be said.
        if binding.metadata.isSpecLeftOut { return check.result(nil) }
        checkMetadata(of: binding, check: &check)
        checkSubject(of: spec, check: &check)
        let names = BindingNames(of: binding, settings: settings, check: &check)
        var tokenCheck = SpecCheck()
        let token = token(of: spec, policyName: names.policy, ttlCap: tokenTTLCap, check: &tokenCheck)
        let kubernetesRole = kubernetesRole(
            of: binding, names: names, subject: subject, token: token, settings: settings, check: &check)
        let jwtRole = jwtRole(
            of: spec, names: names, subject: subject, token: token, settings: settings, check: &check)
        if let kubernetesRole, jwtRole?.path == kubernetesRole.path {
            check.invalid("spec.jwtAuth.mount", "must not be the mount of the Kubernetes auth method")
        }
        check.add(tokenCheck.violations)
        var databaseCheck = SpecCheck()
        let databaseRoles = DatabaseRolePlanner(
            binding: binding, roleName: names.role, settings: settings, templates: templates
        ).roles(check: &databaseCheck)
        let (document, _, violations) = AccessPlanner.documents(
            for: spec.access, credentialPaths: databaseRoles.map(\.credentialsPath), mounts: settings.mounts)
        check.add(violations)
        check.add(databaseCheck.violations)

        guard let roleName = names.role, let policyName = names.policy else { return check.result(nil) }
        let access = DesiredAccess(
            roleName: roleName, policyName: policyName, serviceAccounts: subject.serviceAccounts,
            spiffeID: subject.spiffeID,
            accessPolicy: VaultPolicy(
                document: document, comment: comment(for: binding.key, cluster: settings.clusterName)),
            kubernetesRole: kubernetesRole, jwtRole: jwtRole, databaseRoles: databaseRoles,
            driftPolicy: spec.driftPolicy ?? .correct, deletionPolicy: spec.deletionPolicy ?? .delete,
            revokesLeases: spec.revokeLeasesOnDelete ?? false,
            engines: EngineNeed.all(of: spec.access, mounts: settings.mounts),
            namePrefix: BindingNames.prefix(of: binding, settings: settings))
        return check.result(access)
    }

    /// First line of the policy, so that whoever finds it knows whose it is.
    private static func comment(for key: ObjectKey, cluster: String) -> String {
        "Managed by Lanyard: \(VaultRoleBinding.descriptor.qualifiedName) \(key) (cluster \(cluster)). "
            + "Changes by hand are undone."
    }

    private static func token(
        of spec: VaultRoleBindingSpec, policyName: String?, ttlCap: Int?, check: inout SpecCheck
    ) -> TokenFields {
        var (fields, violations) = TokenPlanner.fields(for: spec.token, policies: policyName.map { [$0] } ?? [])
        check.add(violations)
        // Periodic tokens live for ever by their nature; a boundary that allows them means that.
        if let ttlCap, fields.maxTTL == 0, fields.period == 0 { fields.maxTTL = ttlCap }
        return fields
    }

    /// The role at the Kubernetes auth method; nil when it is not enabled, or when its names or mount are wrong.
    private static func kubernetesRole(
        of binding: VaultRoleBinding, names: BindingNames, subject: SubjectResolution?, token: TokenFields,
        settings: PlanningSettings, check: inout SpecCheck
    ) -> DesiredKubernetesRole? {
        let method = binding.spec.kubernetesAuth
        if method?.enabled == false, binding.spec.jwtAuth == nil {
            check.invalid("spec.kubernetesAuth.enabled", "must be true: at least one auth method is needed")
        }
        let mount = method?.mount ?? settings.mounts.kubernetesAuth
        let mountViolation = VaultName.violation(inAuthMount: mount)
        if let mountViolation { check.invalid("spec.kubernetesAuth.mount", mountViolation) }
        var role = KubernetesAuthRole(
            serviceAccountNames: subject.serviceAccounts, namespaces: [binding.metadata.namespace ?? ""],
            audience: method?.audience ?? "", token: token)
        if let source = method?.aliasNameSource { role.aliasNameSource = source }
        // Once the subject is known, everything is checked again; before that, and beside other violations, only what
        // was not checked field by field.
        let isComplete = subject != nil && check.violations.isEmpty
        check.add(role.violations.filter { isComplete || $0.field.hasPrefix("spec.kubernetesAuth.") })
        guard method?.enabled ?? true, mountViolation == nil, let roleName = names.role else { return nil }
        return DesiredKubernetesRole(path: "auth/\(mount)/role/\(roleName)", role: role)
    }

    /// The role at the JWT auth method; nil when it is not asked for, or when its names, mount or audiences are wrong.
    private static func jwtRole(
        of spec: VaultRoleBindingSpec, names: BindingNames, subject: SubjectResolution?, token: TokenFields,
        settings: PlanningSettings, check: inout SpecCheck
    ) -> DesiredJWTRole? {
        guard let method = spec.jwtAuth else { return nil }
        let before = check.violations.count
        var role = JWTAuthRole(boundSubject: subject.spiffeID?.description ?? "", audiences: [], token: token)
        if spec.workloadIdentityRef == nil {
            check.invalid("spec.jwtAuth", "needs spec.workloadIdentityRef, whose SPIFFE ID logs in")
        } else if subject != nil {
            // While the identity is not known it is nobody's role, and must not be written.
            check.add(role.violations)
        }
        let mount = method.mount ?? settings.mounts.jwtAuth
        if let violation = VaultName.violation(inAuthMount: mount) { check.invalid("spec.jwtAuth.mount", violation) }
        role.audiences = check.bounded(method.audiences, "spec.jwtAuth.audiences", limit: audienceLimit) ?? []
        if method.audiences?.isEmpty != false {
            check.invalid("spec.jwtAuth.audiences", "must name at least one audience")
        }
        for (index, audience) in role.audiences.enumerated() {
            guard let violation = VaultName.violation(inAudience: audience) else { continue }
            check.invalid("spec.jwtAuth.audiences[\(index)]", violation)
        }
        guard check.violations.count == before, let roleName = names.role else { return nil }
        return DesiredJWTRole(path: "auth/\(mount)/role/\(roleName)", role: role)
    }

    private static func checkMetadata(of binding: VaultRoleBinding, check: inout SpecCheck) {
        if binding.metadata.namespace.map({ KubernetesName.isDNSLabel($0) }) != true {
            check.invalid("metadata.namespace", "must be a DNS label")
        }
        if !KubernetesName.isObjectName(binding.metadata.name) {
            check.invalid("metadata.name", "must be a DNS subdomain")
        }
    }

    private static func checkSubject(of spec: VaultRoleBindingSpec, check: inout SpecCheck) {
        guard (spec.workloadIdentityRef == nil) != (spec.serviceAccountNames == nil) else {
            check.invalid(
                "spec.workloadIdentityRef", "exactly one of this and spec.serviceAccountNames must be given")
            return
        }
        if let reference = spec.workloadIdentityRef, !KubernetesName.isObjectName(reference.name) {
            check.invalid("spec.workloadIdentityRef.name", "must be the name of a WorkloadIdentity")
        }
        let field = "spec.serviceAccountNames"
        guard let names = spec.serviceAccountNames,
            let names = check.bounded(names, field, limit: serviceAccountLimit)
        else { return }
        if names.isEmpty { check.invalid(field, "must have at least one name") }
        var seen: Set<String> = []
        for (index, name) in names.enumerated() {
            // Vault takes each name as a pattern: only literal ones may pass (threat T11).
            if !KubernetesName.isObjectName(name) {
                check.invalid("\(field)[\(index)]", SpecCheck.serviceAccountRule)
            } else if !seen.insert(name).inserted {
                check.invalid("\(field)[\(index)]", "is the same as an earlier one: \(name)")
            }
        }
    }
}
