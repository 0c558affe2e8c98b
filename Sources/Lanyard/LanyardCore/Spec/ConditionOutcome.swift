package import KubernetesModel
package import LanyardAPI

/// One condition before it is stamped with generation and time.
package struct ConditionOutcome: Equatable, Sendable {
    package let status: Condition.Status
    package let reason: Reason
    package let message: String

    /// What a condition will say; `holds` and `fails` are shorter for the usual two.
    package init(_ status: Condition.Status, _ reason: Reason, _ message: String) {
        self.status = status
        self.reason = reason
        self.message = message
    }

    /// The condition is `True`.
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

    /// Whether the condition is `True`; `Unknown` is not.
    package var isTrue: Bool { status == .yes }
}

extension ConditionOutcome {
    /// How many troubles of one condition are told.
    private static let told = 3

    /// What one condition says of several objects: the troubles of all, those that are more than reported drift first, so
    /// that no trouble hides behind another one; else that all is well. Nil of none.
    package static func summary(of outcomes: [ConditionOutcome]) -> ConditionOutcome? {
        let troubles = outcomes.filter { !$0.isTrue }
        let serious = troubles.filter { $0.reason != .driftDetected }
        let sorted = serious + troubles.filter { $0.reason == .driftDetected }
        guard let first = sorted.first else { return outcomes.first }
        var messages: [String] = []
        for trouble in sorted where !messages.contains(trouble.message) { messages.append(trouble.message) }
        let more = messages.count > told ? "; and \(messages.count - told) more" : ""
        return ConditionOutcome(first.status, first.reason, messages.prefix(told).joined(separator: "; ") + more)
    }

    /// The first trouble; drift that is only reported, if there is nothing else.
    package static func worst(of outcomes: [ConditionOutcome]) -> ConditionOutcome? {
        let troubles = outcomes.filter { !$0.isTrue }
        return troubles.first { $0.reason != .driftDetected } ?? troubles.first
    }
}
