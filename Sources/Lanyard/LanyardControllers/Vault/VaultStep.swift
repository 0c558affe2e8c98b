import LanyardCore

/// One object in a plan for Vault, whatever kind the plan is for.
protocol VaultStep {
    var path: String { get }
    /// The object, for messages: `policy web`.
    var title: String { get }
    var decision: ObjectDecision { get }
    /// The condition that speaks of it.
    var conditionType: String { get }
    /// What changes by hand are counted as.
    var drift: DriftMetrics.Object { get }
    /// Reason of events about what the resource changed.
    var updateReason: String { get }
    /// What the condition says when nothing is wrong.
    var inPlace: ConditionOutcome { get }
    /// What others lose when it is taken over.
    var loss: String? { get }
    /// What is added when only a new object would be as wanted.
    var recreationNote: String { get }
}

extension VaultStep {
    /// What somebody had changed, if that is what the step puts right; nothing of an object that had been deleted.
    var corrected: [FieldDifference]? {
        switch decision {
        case .act(.create(isDrift: true)): []
        case .act(.update(let differences, isDrift: true)), .act(.recreate(let differences, isDrift: true)):
            differences
        default: nil
        }
    }
}
