import FoundationEssentials
import KubernetesModel
import LanyardCore
import Yams

/// What `lanyard doctor` prints.
struct DoctorReport: Equatable, Sendable, Encodable {
    /// How many things are to be fixed.
    let problems: Int
    /// In the order of the chain.
    let findings: [DoctorFinding]

    /// Counts the problems.
    init(findings: [DoctorFinding]) {
        self.findings = findings
        problems = findings.count { $0.severity == .problem }
    }

    /// The formats.
    enum Format: String, CaseIterable {
        case table, json, yaml
    }

    /// The report as text, without the last line break.
    ///
    /// - Throws: never in practice; encoders say so.
    func text(_ format: Format) throws -> String {
        switch format {
        case .json: String(decoding: try JSON.encode(self), as: UTF8.self)
        case .yaml: try YAMLEncoder().encode(self)
        case .table: table
        }
    }

    private var table: String {
        let severities = findings.map { $0.severity == .problem ? "PROBLEM" : $0.severity.rawValue }
        let width = max(7, severities.map(\.count).max() ?? 0)
        let areas = findings.map(\.area.rawValue.count).max() ?? 0
        var lines: [String] = []
        for (index, finding) in findings.enumerated() {
            let severity = severities[index]
            let area = Self.padded(finding.area.rawValue, areas)
            lines.append(
                Printable.text("\(Self.padded(severity, width))  \(area)  \(finding.subject): \(finding.message)"))
            // One remedy for several problems is said after the last of them.
            let next = findings.dropFirst(index + 1).first
            if finding.severity == .problem, let remedy = finding.remedy, next?.remedy != remedy {
                lines.append(Printable.text("\(Self.padded("", width + areas + 4))to do: \(remedy)"))
            }
        }
        lines.append(problems == 0 ? "nothing is to be fixed" : "\(problems) to be fixed")
        return lines.joined(separator: "\n")
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
