import KubernetesModel
package import LanyardAPI

/// The one gate before any plan: a resource passes if its spec is valid and within the boundary of its namespace.
package enum Admission {
    /// What should exist for an identity, or why nothing is to be written for it.
    package static func identity(
        _ identity: WorkloadIdentity, boundary: EffectiveBoundary, settings: PlanningSettings
    ) -> Result<DesiredIdentity, Refusal> {
        let outside =
            identity.metadata.isSpecLeftOut
            ? [] : IdentityBoundaryCheck.violations(of: identity, boundary: boundary, settings: settings)
        return decide(
            IdentityPlanner.desired(for: identity, boundary: boundary, settings: settings), outside, told: outside,
            isTooLarge: identity.metadata.leftOut.contains(.spec), boundary)
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
        func outside(_ subject: SubjectResolution?) -> [BoundaryViolation] {
            guard !binding.metadata.isSpecLeftOut else { return [] }
            return BindingBoundaryCheck.violations(
                of: binding, subject: subject, boundary: boundary, settings: settings, templates: templates)
        }
        let planned = BindingPlanner.desired(
            for: binding, subject: subject, settings: settings, templates: templates,
            tokenTTLCap: boundary.maxTokenTTL)
        let found = outside(subject)
        // Names that are no ServiceAccounts' fit no pattern. That they are wrong is said already.
        let names = binding.spec.serviceAccountNames ?? []
        let areNamesWrong = !names.allSatisfy { KubernetesName.isObjectName($0) }
        return decide(
            planned, found, told: areNamesWrong ? outside(nil) : found, hints: hints(for: binding, settings),
            isTooLarge: binding.metadata.leftOut.contains(.spec), boundary)
    }

    /// What should exist for a mount, or why nothing is to be written for it. No boundary is about mounts.
    ///
    /// - Parameter held: what the ledger says is the mount's.
    package static func mount(
        _ mount: VaultMount, held: [OwnershipRecord.Claim]
    ) -> Result<DesiredMount, Refusal> {
        MountPlanner.desired(for: mount, held: held).mapError { Refusal(violations: $0, withdraws: false) }
    }

    /// What the author of a field may have got wrong, by field.
    private static func hints(for binding: VaultRoleBinding, _ settings: PlanningSettings) -> [String: String] {
        var hints: [String: String] = [:]
        for (index, entry) in (binding.spec.access?.kv ?? []).prefix(AccessPlanner.maximumRules).enumerated() {
            hints["spec.access.kv[\(index)].path"] = KVPathHint.text(for: entry, mounts: settings.mounts)
        }
        return hints
    }

    /// - Parameters:
    ///   - outside: all that is asked for beyond the boundary: what a withdrawal depends on.
    ///   - told: what of it is news to the author.
    ///   - hints: what is added to the message about a field; looked at only where something is refused.
    ///   - isTooLarge: whether the spec is too large to be held against a boundary.
    private static func decide<Desired>(
        _ planned: Result<Desired, SpecViolations>, _ outside: [BoundaryViolation], told: [BoundaryViolation],
        hints: @autoclosure () -> [String: String] = [:], isTooLarge: Bool, _ boundary: EffectiveBoundary
    ) -> Result<Desired, Refusal> {
        var violations: [SpecViolation] = []
        if case .failure(let invalid) = planned { violations = invalid.violations }
        let mistakes = violations
        if !told.isEmpty {
            let advice = hints()
            violations += BoundaryViolation.specViolations(of: told.filter { !isFollowUp($0, of: mistakes) })
                .map { $0.adding(advice[$0.field]) }
        }
        // Should all of it be a follow-up, the mistakes say so; without mistakes nothing is one.
        if let all = SpecViolations(violations) ?? SpecViolations(BoundaryViolation.specViolations(of: outside)) {
            // Making a spec invalid as well is no way to keep what a boundary takes away; nor is making it too large to be
            // held against one.
            let isOutside = !outside.isEmpty || isTooLarge
            return .failure(
                Refusal(violations: all, withdraws: isOutside && boundary.withdraws, isOutside: isOutside))
        }
        return planned.mapError { Refusal(violations: $0, withdraws: false) }
    }

    /// Whether something is outside only because a field is wrong: one around it, or one that every name is made of.
    private static func isFollowUp(_ outside: BoundaryViolation, of mistakes: [SpecViolation]) -> Bool {
        mistakes.contains { mistake in
            guard mistake.kind == .invalid else { return false }
            if ["metadata.namespace", "metadata.name"].contains(mistake.field) { return true }
            return outside.field == mistake.field
        }
    }
}

/// Why a resource is not accepted, and what that means for what exists already.
package struct Refusal: Error, Equatable, Sendable {
    /// All that is wrong.
    package let violations: SpecViolations
    /// Whether what was made for the resource is to be deleted: a boundary says `onViolation: Withdraw`.
    package let withdraws: Bool
    /// Whether it asks for something that no boundary allows, whatever else is wrong.
    package var isOutside = false

    /// Reason of the condition `Accepted`.
    package var reason: Reason { violations.reason }

    /// Message of the condition `Accepted`.
    package var message: String { violations.message }
}
