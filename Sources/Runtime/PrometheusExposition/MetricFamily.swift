/// All series of one name.
struct MetricFamily: Sendable {
    /// The `TYPE` of a family.
    enum MetricType: String, Sendable { case counter, gauge, histogram }

    let type: MetricType
    var series: [LabelSet: any MetricSeries] = [:]

    func render(name: String, help: String?, into text: inout String) {
        guard !series.isEmpty else { return }
        if let help {
            let escaped = help.escaping(["\\": "\\\\", "\n": "\\n"])
            text += "# HELP \(name) \(escaped)\n"
        }
        text += "# TYPE \(name) \(type.rawValue)\n"
        for (labels, series) in series.sorted(by: { $0.key < $1.key }) {
            for sample in series.samples() {
                text += "\(name)\(sample.suffix)\(labels.rendered(le: sample.upperBound)) \(sample.value)\n"
            }
        }
    }
}

/// The values under one name and one set of labels.
protocol MetricSeries: AnyObject, Sendable {
    static var type: MetricFamily.MetricType { get }
    var place: MetricPlace { get }
    func samples() -> [MetricSample]
}

/// Where a series is among all.
struct MetricPlace: Sendable {
    let name: String
    let labels: LabelSet
}

/// One line of the exposition, without name and labels.
struct MetricSample: Equatable, Sendable {
    var suffix = ""
    /// The `le` label of a histogram bucket.
    var upperBound: String?
    var value: String
}

/// Names that Prometheus accepts.
enum MetricName {
    /// The name with every illegal character replaced by an underscore; one that begins with a digit gets one in front.
    static func sanitized(_ name: String, allowsColon: Bool) -> String {
        let scalars = name.unicodeScalars.map { scalar -> Unicode.Scalar in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "_": scalar
            case ":" where allowsColon: scalar
            default: "_"
            }
        }
        var text = String(String.UnicodeScalarView(scalars))
        if text.first.map({ ("0"..."9").contains($0) }) ?? true { text = "_" + text }
        return text
    }
}

/// Numbers as the text format writes them.
enum MetricValue {
    /// A number: whole ones without fraction, infinities and not-a-number by name.
    static func text(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let whole = Int64(exactly: value), abs(value) < 0x1p53 { return "\(whole)" }
        return "\(value)"
    }
}

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
