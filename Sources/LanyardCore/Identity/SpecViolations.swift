package import LanyardAPI

/// All that is wrong with a spec, at least one thing, in the order of the spec's fields.
package struct SpecViolations: Error, Equatable, Sendable {
    /// Not empty.
    package let violations: [SpecViolation]

    /// Wraps violations; nil when there are none.
    package init?(_ violations: [SpecViolation]) {
        guard !violations.isEmpty else { return nil }
        self.violations = violations
    }

    /// Wraps one violation.
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
