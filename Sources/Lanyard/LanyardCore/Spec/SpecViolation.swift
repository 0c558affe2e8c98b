package import LanyardAPI

/// One field of a spec that cannot be accepted.
package struct SpecViolation: Equatable, Sendable {
    /// Why it cannot be accepted; decides the reason of the `Accepted` condition.
    package enum Kind: Equatable, Sendable {
        /// The value is wrong wherever it stands: `InvalidSpec`.
        case invalid
        /// The value is well formed, but no boundary of the namespace allows it: `OutsideBoundary`.
        case outsideBoundary
    }

    /// Why it cannot be accepted.
    package let kind: Kind
    /// The path of the field, such as `spec.access.kv[0].path`.
    package let field: String
    /// What is wrong, to be read after the field: `must not contain ".."`. Never quotes a value at length.
    package let message: String

    /// Names a field and what is wrong with it.
    package init(kind: Kind, field: String, message: String) {
        self.kind = kind
        self.field = field
        self.message = message
    }

    /// The same, with what the author may have got wrong.
    func adding(_ hint: String?) -> SpecViolation {
        guard let hint else { return self }
        return SpecViolation(kind: kind, field: field, message: "\(message); it \(hint)")
    }
}

/// A kind whose objects are held against rules of their own alone, and against no boundary. What `lanyard validate` says of them is
/// what the operator says.
package protocol SelfContainedKind: ConditionedResource {
    /// What is wrong with an object; nil when nothing is.
    func violations(settings: PlanningSettings) -> SpecViolations?
}

/// All that is wrong with a spec, at least one thing, in the order of the spec's fields.
package struct SpecViolations: Error, Equatable, Sendable {
    /// At least one, in the order of the fields.
    package let violations: [SpecViolation]

    /// Wraps violations; nil when there are none.
    package init?(_ violations: [SpecViolation]) {
        guard !violations.isEmpty else { return nil }
        self.violations = violations
    }

    /// The one thing that is wrong.
    package init(_ violation: SpecViolation) {
        violations = [violation]
    }

    /// Reason of the condition `Accepted`: an invalid field comes before one that a boundary would have to allow.
    package var reason: Reason {
        violations.contains { $0.kind == .invalid } ? .invalidSpec : .outsideBoundary
    }

    /// `spec.spiffeID: must …; spec.hint: must …`, about 1 KiB at most, then `and N more`.
    package var message: String {
        let limit = 1_000
        var result = ""
        for (index, violation) in violations.enumerated() {
            let separator = index == 0 ? "" : "; "
            let text = "\(violation.field): \(violation.message)"
            if result.utf8.count + separator.utf8.count + text.utf8.count > limit {
                // The first one is always there, shortened if need be.
                guard index == 0 else { return "\(result); and \(violations.count - index) more" }
                result = String(text.prefix(limit / 4)) + "…"
                continue
            }
            result += separator + text
        }
        return result
    }
}
