/// A field that asks for more than any boundary of its namespace allows.
package struct BoundaryViolation: Equatable, Sendable {
    /// The path of the field, such as `spec.access.kv[0].path`.
    package let field: String
    /// What it asks for, fit for a message.
    package let requested: String
    /// What is allowed there, each with the boundary that allows it.
    package let allowed: [Allowance]
    /// Boundaries that might allow it and cannot be used, with the reason.
    package let undecided: [String]

    /// Something that is allowed, and by which boundary.
    package struct Allowance: Equatable, Sendable {
        /// The pattern or value, as the boundary says it.
        package let value: String
        /// `IdentityBoundary shop`, or `the built-in default`.
        package let boundary: String
    }

    /// The same as a violation of the spec; what is allowed is told in part where it is much.
    var specViolation: SpecViolation {
        let shown = allowed.prefix(3).map { "\($0.value) (\($0.boundary))" }
        let more = allowed.count > shown.count ? " and \(allowed.count - shown.count) more" : ""
        var message = "asks for \(requested), "
        message += shown.isEmpty ? "which no boundary allows" : "allowed is \(shown.joined(separator: ", "))\(more)"
        if !undecided.isEmpty { message += "; nothing is allowed by \(undecided.joined(separator: ", "))" }
        return SpecViolation(kind: .outsideBoundary, field: field, message: message)
    }
}
