package import KubernetesModel
package import LanyardAPI

/// One condition before it is stamped with generation and time.
package struct ConditionOutcome: Equatable, Sendable {
    package let status: Condition.Status
    package let reason: Reason
    package let message: String

    /// Makes an outcome.
    package init(_ status: Condition.Status, _ reason: Reason, _ message: String) {
        self.status = status
        self.reason = reason
        self.message = message
    }

    /// It holds.
    package static func holds(_ reason: Reason, _ message: String) -> ConditionOutcome {
        ConditionOutcome(.yes, reason, message)
    }

    /// It does not hold.
    package static func fails(_ reason: Reason, _ message: String) -> ConditionOutcome {
        ConditionOutcome(.no, reason, message)
    }

    /// What a boundary did not allow any more was taken away.
    static let withdrawn = ConditionOutcome.fails(
        .outsideBoundary, "withdrawn, as the boundary says (onViolation Withdraw)")

    /// What was made is deleted already, while others of the same resource are not.
    static let deleted = ConditionOutcome.fails(.deleted, "deleted in Vault")

    /// Whether it holds.
    package var isTrue: Bool { status == .yes }
}
