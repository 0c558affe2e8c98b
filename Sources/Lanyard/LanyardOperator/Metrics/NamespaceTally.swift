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

    /// How many of them are shown. Of more, the rest is counted together: in some clusters tenants make namespaces.
    static let limit = 2_000
    /// Stands for the namespaces of that rest; no namespace has such a name.
    static let others = "(others)"

    private var counts: [Label: Int] = [:]

    /// Counts one more, or one less.
    mutating func count(_ label: Label, _ sign: Int) {
        let count = counts[label, default: 0] + sign
        counts[label] = count == 0 ? nil : count
    }

    /// What is shown: all of it, or what is not ready first.
    var shown: [Label: Int] {
        guard counts.count > Self.limit else { return counts }
        let ordered = counts.sorted { Self.rank(of: $0.key) < Self.rank(of: $1.key) }
        var shown: [Label: Int] = [:]
        for (index, (label, count)) in ordered.enumerated() {
            var label = label
            if index >= Self.limit { label.namespace = Self.others }
            shown[label, default: 0] += count
        }
        return shown
    }

    private static func rank(of label: Label) -> (Int, String, String, String, String) {
        (label.status == .yes ? 1 : 0, label.namespace, label.kind, label.reason, label.status.rawValue)
    }
}
