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

    /// The same as violations of the spec. What cannot be used is the same for all fields, and is told at the first.
    static func specViolations(of violations: [BoundaryViolation]) -> [SpecViolation] {
        violations.enumerated().map { index, violation in
            guard index == 0, !violation.undecided.isEmpty else { return violation.specViolation }
            let told = violation.specViolation
            let doubt = violation.undecided.joined(separator: ", ")
            return SpecViolation(
                kind: told.kind, field: told.field, message: "\(told.message); nothing is allowed by \(doubt)")
        }
    }

    /// The same as a violation of the spec. Where much is allowed, what is most like the request is told.
    var specViolation: SpecViolation {
        var message = "asks for \(requested), "
        message += allowed.isEmpty ? "which no boundary allows" : "allowed is \(Self.text(of: nearest)) \(more)"
        while message.last == " " { message.removeLast() }
        return SpecViolation(kind: .outsideBoundary, field: field, message: message)
    }

    /// How many of the allowances are told.
    private static let shown = 3

    private var more: String { allowed.count > Self.shown ? "and \(allowed.count - Self.shown) more" : "" }

    /// Those allowances that begin most like the request; in their own order where nothing tells them apart.
    private var nearest: [Allowance] {
        let asked = Array(requested.utf8.drop { $0 == UInt8(ascii: "\"") })
        let ranked = allowed.enumerated().map { index, allowance in
            let common = zip(asked, allowance.value.utf8).prefix { $0 == $1 }.count
            return (rank: (-common, index), allowance: allowance)
        }
        return ranked.sorted { $0.rank < $1.rank }.prefix(Self.shown).map(\.allowance)
    }

    /// Values in order, with each boundary named once behind what it allows.
    private static func text(of allowances: [Allowance]) -> String {
        var groups: [(boundary: String, values: [String])] = []
        for allowance in allowances {
            if groups.last?.boundary == allowance.boundary {
                groups[groups.count - 1].values.append(allowance.value)
            } else {
                groups.append((allowance.boundary, [allowance.value]))
            }
        }
        return groups.map { "\($0.values.joined(separator: ", ")) (\($0.boundary))" }.joined(separator: ", ")
    }
}
