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
    func samples() -> [MetricSample]
}

/// One line of the exposition, without name and labels.
struct MetricSample: Equatable, Sendable {
    var suffix = ""
    /// The `le` label of a histogram bucket.
    var upperBound: String?
    var value: String
}
