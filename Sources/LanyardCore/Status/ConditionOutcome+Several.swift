import LanyardAPI

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
