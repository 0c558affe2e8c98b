import LanyardAPI
package import LanyardCore

/// What a reconciler throws after it has said on the object what is wrong, so that the runtime tries again later.
package struct ConvergenceError: Error, CustomStringConvertible {
    /// What the object's condition says.
    package let outcome: ConditionOutcome

    /// Wraps an outcome that is not true.
    package init(_ outcome: ConditionOutcome) {
        self.outcome = outcome
    }

    package var description: String { "\(outcome.reason.rawValue): \(outcome.message)" }
}
