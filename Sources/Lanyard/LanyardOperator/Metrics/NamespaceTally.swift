import KubernetesModel

/// How many resources each namespace has, by what `Ready` says of them. What is not there any more is forgotten, as namespaces
/// come and go.
struct NamespaceTally: Sendable {
    /// A set of labels.
    struct Label: Hashable, Sendable {
        var namespace: String
        var kind: String
        var status: Condition.Status
        var reason: String
    }

    /// How many namespaces are shown. Of more, the rest is counted together: in some clusters tenants make namespaces.
    static let limit = 1_000
    /// How many sets of labels one namespace has. Of more, the rest is counted together there, so that none has the room of others.
    static let limitOfOne = 12
    /// Stands for the namespaces of that rest; no namespace has such a name.
    static let others = "(others)"
    /// Stands for the reasons of that rest.
    static let otherReasons = "Other"

    private var counts: [String: [Label: Int]] = [:]

    /// Counts one more, or one less.
    mutating func count(_ label: Label, _ sign: Int) {
        counts[label.namespace, default: [:]][label, default: 0] += sign
        if counts[label.namespace]?[label] == 0 { counts[label.namespace]?[label] = nil }
        if counts[label.namespace]?.isEmpty == true { counts[label.namespace] = nil }
    }

    /// What is shown: whole namespaces, those first in which something is not ready.
    var shown: [Label: Int] {
        let ordered = counts.map { (isReady: $0.value.keys.allSatisfy(\.isReady), namespace: $0.key, counts: $0.value) }
            .sorted { ($0.isReady ? 1 : 0, $0.namespace) < ($1.isReady ? 1 : 0, $1.namespace) }
        var shown: [Label: Int] = [:]
        for one in ordered.prefix(Self.limit) { shown.merge(Self.bounded(one.counts)) { $1 } }
        for one in ordered.dropFirst(Self.limit) {
            for (label, count) in one.counts {
                var label = label
                label.namespace = Self.others
                shown[label, default: 0] += count
            }
        }
        return shown
    }

    /// All that a namespace has, or what is not ready first.
    private static func bounded(_ counts: [Label: Int]) -> [Label: Int] {
        guard counts.count > limitOfOne else { return counts }
        let ordered = counts.sorted { $0.key.rank < $1.key.rank }
        var bounded: [Label: Int] = [:]
        for (index, (label, count)) in ordered.enumerated() {
            var label = label
            if index >= limitOfOne { label.reason = otherReasons }
            bounded[label, default: 0] += count
        }
        return bounded
    }
}

extension NamespaceTally.Label {
    fileprivate var isReady: Bool { status == .yes }
    fileprivate var rank: (Int, String, String, String) { (isReady ? 1 : 0, kind, reason, status.rawValue) }
}
