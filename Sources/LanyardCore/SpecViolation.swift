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
