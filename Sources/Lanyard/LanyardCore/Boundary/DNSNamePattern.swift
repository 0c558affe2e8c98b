/// A pattern of DNS names in which `*` as a whole label is any one label, as in certificates.
struct DNSNamePattern: Equatable, Sendable {
    private let labels: [Substring]

    /// Every text is a pattern; `violation(in:)` says which ones boundaries may hold.
    init(_ text: String) {
        labels = text.split(separator: ".", omittingEmptySubsequences: false)
    }

    /// Whether every name that another pattern covers is covered by this one.
    func contains(_ other: DNSNamePattern) -> Bool {
        labels.count == other.labels.count
            && zip(labels, other.labels).allSatisfy { $0 == "*" || $0.utf8.elementsEqual($1.utf8) }
    }

    /// What is wrong with a pattern; nil when nothing is.
    static func violation(in text: String) -> String? {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count > 1, labels.allSatisfy({ $0 == "*" || KubernetesName.isDNSLabel($0) }) else {
            return "must be a DNS name of a-z 0-9 - in which a whole label may be *"
        }
        return labels.last == "*" ? "must end in a literal label" : nil
    }
}
