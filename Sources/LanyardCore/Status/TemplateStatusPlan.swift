import KubernetesModel
package import LanyardAPI

/// Makes the status of a DatabaseRoleTemplate. Pure; the caller compares and sends it.
package enum TemplateStatusPlan {
    /// Makes the status.
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
