import KubernetesModel
package import LanyardAPI

/// A DatabaseRoleTemplate as planners use it: checked, with its durations in seconds.
package struct DatabaseTemplate: Equatable, Sendable {
    /// The most connections that a template may name.
    private static let connectionLimit = 64

    /// The mount that it is for.
    package let mount: String
    /// Names of connections; `*` at the end of one stands for any rest.
    package let connections: [String]
    /// What it gives to a role, with the one connection it is for, or none.
    package let role: DynamicDatabaseRole

    /// Checks a template for itself, whatever bindings make of it.
    package static func make(
        of template: DatabaseRoleTemplateSpec, settings: PlanningSettings
    ) -> Result<DatabaseTemplate, SpecViolations> {
        var check = SpecCheck()
        let mount = template.mount ?? settings.mounts.database
        if let violation = VaultName.violation(inMount: mount) { check.invalid("spec.mount", violation) }
        let connections = check.bounded(template.connections, "spec.connections", limit: connectionLimit) ?? []
        if connections.isEmpty { check.invalid("spec.connections", "must name at least one connection") }
        for (index, connection) in connections.enumerated() {
            // `a-*` is fine though `a-` is no name.
            let tried = connection.hasSuffix("*") ? "\(connection.dropLast())x" : connection
            guard let violation = VaultName.violation(inReference: tried) else { continue }
            check.invalid("spec.connections[\(index)]", "\(violation), or end in \"*\"")
        }
        let only = connections.count == 1 ? connections.first.flatMap { $0.hasSuffix("*") ? nil : $0 } : nil
        let role = DynamicDatabaseRole(
            connection: only ?? "", creation: template.creationStatements ?? [],
            revocation: template.revocationStatements ?? [], renew: template.renewStatements ?? [],
            rollback: template.rollbackStatements ?? [],
            defaultTTL: check.seconds(template.defaultTTL, "spec.defaultTTL") ?? 0,
            maxTTL: check.seconds(template.maxTTL, "spec.maxTTL") ?? 0,
            credential: DatabaseCredential(type: template.credentialType))
        var tried = role
        tried.connection = "any"
        check.add(tried.violations(field: "spec").map(\.inTemplate))
        return check.result(DatabaseTemplate(mount: mount, connections: connections, role: role))
    }

    /// The connections, for messages.
    var connectionsText: String {
        let shown = connections.prefix(8).joined(separator: ", ")
        return connections.count > 8 ? "\(shown) and \(connections.count - 8) more" : shown
    }

    /// Whether it may be used with a connection.
    func allows(connection: String) -> Bool {
        connections.contains { pattern in
            pattern.hasSuffix("*") ? connection.hasPrefix(pattern.dropLast()) : pattern == connection
        }
    }
}

extension SpecViolation {
    /// `spec.statements.creation[0]` as a template calls it: `spec.creationStatements[0]`.
    fileprivate var inTemplate: SpecViolation {
        guard field.hasPrefix("spec.statements.") else { return self }
        let rest = field.dropFirst("spec.statements.".count)
        let name = rest.prefix { $0 != "[" }
        return SpecViolation(
            kind: kind, field: "spec.\(name)Statements\(rest.dropFirst(name.count))", message: message)
    }
}

extension DatabaseRoleTemplate: SelfContainedKind {
    package func violations(settings: PlanningSettings) -> SpecViolations? {
        let made = DatabaseTemplate.make(of: spec, settings: settings)
        return if case .failure(let violations) = made { violations } else { nil }
    }
}

/// Finds a DatabaseRoleTemplate by its name; nil when there is none.
package typealias TemplateLookup = @Sendable (String) -> DatabaseRoleTemplate?

/// Makes the status of a DatabaseRoleTemplate. Pure; the caller compares and sends it.
package enum TemplateStatusMaker {
    /// The status says only whether the template can be used.
    ///
    /// - Parameters:
    ///   - template: the object as it is stored.
    ///   - now: RFC 3339 time for transitions.
    package static func status(
        of template: DatabaseRoleTemplate, settings: PlanningSettings, now: String
    ) -> DatabaseRoleTemplateStatus {
        let accepted: ConditionOutcome
        switch DatabaseTemplate.make(of: template.spec, settings: settings) {
        case .success: accepted = .holds(.accepted, "the spec is valid")
        case .failure(let violations): accepted = .fails(violations.reason, violations.message)
        }
        var status = DatabaseRoleTemplateStatus()
        status.observedGeneration = template.metadata.generation
        status.conditions = ConditionSummary.conditions(
            parts: [(ConditionType.accepted, accepted)], readyMessage: "bindings can use it",
            generation: template.metadata.generation, previous: template.status?.conditions ?? [], now: now)
        return status
    }
}
