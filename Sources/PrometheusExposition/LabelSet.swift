/// Labels in the order and form in which they are written.
struct LabelSet: Hashable, Comparable, Sendable {
    /// `a="1",b="2"`, sorted by name, or empty.
    private let text: String

    /// Of labels with equal names the last one counts.
    init(_ dimensions: [(String, String)]) {
        let labels = Dictionary(
            dimensions.map { (MetricName.sanitized($0.0, allowsColon: false), $0.1) },
            uniquingKeysWith: { _, last in last })
        text = labels.sorted { $0.key < $1.key }
            .map { "\($0.key)=\"\($0.value.escaping(["\\": "\\\\", "\"": "\\\"", "\n": "\\n"]))\"" }
            .joined(separator: ",")
    }

    /// The labels in braces, with the bound of a histogram bucket at the end.
    func rendered(le bound: String?) -> String {
        let parts = [text, bound.map { "le=\"\($0)\"" } ?? ""].filter { !$0.isEmpty }
        return parts.isEmpty ? "" : "{\(parts.joined(separator: ","))}"
    }

    static func < (left: LabelSet, right: LabelSet) -> Bool { left.text < right.text }
}

extension String {
    /// This text with single characters replaced. Works on scalars, so that `\r\n` is two of them.
    func escaping(_ replacements: [Unicode.Scalar: String]) -> String {
        unicodeScalars.reduce(into: "") { text, scalar in
            if let replacement = replacements[scalar] {
                text += replacement
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
    }
}
