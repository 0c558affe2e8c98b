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
    /// The counts of namespaces.
    private(set) var namespaces = NamespaceTally()

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
    ///   - namespace: of the resource; nil when its kind has none.
    ///   - old: the conditions that were counted for this resource; nil when it appeared.
    ///   - new: its conditions now; nil when it is gone.
    mutating func replace(kind: String, namespace: String?, old: [Condition]?, with new: [Condition]?) {
        if let old { count(kind, namespace, old, -1) }
        if let new { count(kind, namespace, new, 1) }
    }

    private mutating func count(_ kind: String, _ namespace: String?, _ conditions: [Condition], _ sign: Int) {
        var labels: Set<Label> = []
        for condition in conditions where Self.types.contains(condition.type) {
            labels.insert(Self.label(kind, condition))
        }
        if !labels.contains(where: { $0.condition == ConditionType.ready }) { labels.insert(Self.unreported(kind)) }
        for label in labels { counts[label, default: 0] += sign }
        if labels.contains(where: { $0.reason == Reason.conflict.rawValue }) { conflicts[kind, default: 0] += sign }
        guard let namespace else { return }
        // Of several, as nobody but a tenant would write them, the first, so that what is added is what is taken away.
        let ready = conditions.condition(ConditionType.ready).map { Self.label(kind, $0) } ?? Self.unreported(kind)
        namespaces.count(
            NamespaceTally.Label(namespace: namespace, kind: kind, status: ready.status, reason: ready.reason), sign)
    }

    private static func label(_ kind: String, _ condition: Condition) -> Label {
        Label(
            kind: kind, condition: condition.type, status: condition.status,
            reason: Reason(rawValue: condition.reason)?.rawValue ?? NamespaceTally.otherReasons)
    }

    /// A resource that no pass has reported on yet.
    private static func unreported(_ kind: String) -> Label {
        Label(kind: kind, condition: ConditionType.ready, status: .unknown, reason: Reason.pending.rawValue)
    }
}
