import KubernetesModel
import LanyardAPI

/// How many resources there are with which condition. It is kept up with every change, so that reading it costs nothing
/// however many there are.
///
/// Whoever may write a status could invent types and reasons: only ours become labels.
struct ConditionTally: Sendable {
    /// A set of labels.
    struct Label: Hashable, Sendable {
        var kind: String
        var condition: String
        var status: Condition.Status
        var reason: String
    }

    /// The counts; a label that was ever seen stays, with zero.
    private(set) var counts: [Label: Int] = [:]
    /// Resources of which a condition says `Conflict`, by kind.
    private(set) var conflicts: [String: Int] = [:]

    private static let types: Set<String> = [
        ConditionType.ready, ConditionType.accepted, ConditionType.reconciling, ConditionType.stalled,
        ConditionType.entriesSynced, ConditionType.parentResolved, ConditionType.identityResolved,
        ConditionType.policySynced, ConditionType.authRolesSynced, ConditionType.databaseRolesSynced,
        ConditionType.mountSynced, ConditionType.configurationSynced,
    ]

    /// Counts no resources of a kind, so that its series are there from the beginning.
    mutating func expect(kind: String) {
        conflicts[kind, default: 0] += 0
        counts[Self.unreported(kind), default: 0] += 0
    }

    /// Takes notice of a change.
    ///
    /// - Parameters:
    ///   - old: the conditions that were counted for this resource; nil when it appeared.
    ///   - new: its conditions now; nil when it is gone.
    mutating func replace(kind: String, old: [Condition]?, with new: [Condition]?) {
        if let old { count(kind, old, -1) }
        if let new { count(kind, new, 1) }
    }

    private mutating func count(_ kind: String, _ conditions: [Condition], _ sign: Int) {
        var labels: Set<Label> = []
        for condition in conditions where Self.types.contains(condition.type) {
            let reason = Reason(rawValue: condition.reason)?.rawValue ?? "Other"
            labels.insert(
                Label(kind: kind, condition: condition.type, status: condition.status, reason: reason))
        }
        if !labels.contains(where: { $0.condition == ConditionType.ready }) { labels.insert(Self.unreported(kind)) }
        for label in labels { counts[label, default: 0] += sign }
        if labels.contains(where: { $0.reason == Reason.conflict.rawValue }) { conflicts[kind, default: 0] += sign }
    }

    /// A resource that no pass has reported on yet.
    private static func unreported(_ kind: String) -> Label {
        Label(kind: kind, condition: ConditionType.ready, status: .unknown, reason: Reason.pending.rawValue)
    }
}
