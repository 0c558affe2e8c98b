package import LanyardAPI

/// The one gate before any plan: a resource passes if its spec is valid and within the boundary of its namespace.
package enum Admission {
    /// What should exist for an identity, or why nothing is to be written for it.
    package static func identity(
        _ identity: WorkloadIdentity, boundary: EffectiveBoundary, settings: PlanningSettings
    ) -> Result<DesiredIdentity, Refusal> {
        decide(
            IdentityPlanner.desired(for: identity, boundary: boundary, settings: settings),
            IdentityBoundaryCheck.violations(of: identity, boundary: boundary, settings: settings), boundary)
    }

    /// What should exist for a binding, or why nothing is to be written for it.
    ///
    /// - Parameters:
    ///   - subject: who gets the access; nil while that is not known.
    ///   - templates: the DatabaseRoleTemplates that there are.
    package static func binding(
        _ binding: VaultRoleBinding, subject: SubjectResolution?, boundary: EffectiveBoundary,
        settings: PlanningSettings, templates: @escaping TemplateLookup = { _ in nil }
    ) -> Result<DesiredAccess, Refusal> {
        decide(
            BindingPlanner.desired(
                for: binding, subject: subject, settings: settings, templates: templates,
                tokenTTLCap: boundary.statedTokenTTL),
            BindingBoundaryCheck.violations(
                of: binding, subject: subject, boundary: boundary, settings: settings, templates: templates),
            boundary)
    }

    private static func decide<Desired>(
        _ planned: Result<Desired, SpecViolations>, _ outside: [BoundaryViolation], _ boundary: EffectiveBoundary
    ) -> Result<Desired, Refusal> {
        var violations: [SpecViolation] = []
        if case .failure(let invalid) = planned { violations = invalid.violations }
        violations += outside.map(\.specViolation)
        if let all = SpecViolations(violations) {
            // Making a spec invalid as well is no way to keep what a boundary takes away.
            return .failure(Refusal(violations: all, withdraws: !outside.isEmpty && boundary.withdraws))
        }
        return planned.mapError { Refusal(violations: $0, withdraws: false) }
    }
}
