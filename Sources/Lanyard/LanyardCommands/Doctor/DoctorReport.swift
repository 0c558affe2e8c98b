import ArgumentParser
import KubernetesModel
import LanyardCore
import Yams

/// What `lanyard doctor` prints.
struct DoctorReport: Equatable, Sendable, Encodable {
    /// How many things are to be fixed.
    let problems: Int
    /// In the order of the chain.
    let findings: [DoctorFinding]

    init(findings: [DoctorFinding]) {
        self.findings = findings
        problems = findings.count { $0.severity == .problem }
    }

    enum Format: String, CaseIterable, ExpressibleByArgument {
        case table, json, yaml
    }

    /// The report as text, without the last line break.
    ///
    /// - Parameter terminal: shows the table.
    /// - Throws: never in practice; encoders say so.
    func text(_ format: Format, on terminal: Terminal = .none) throws -> String {
        switch format {
        case .json: try Printable.json(self)
        case .yaml: try YAMLEncoder().encode(self)
        case .table: table(on: terminal)
        }
    }

    /// How many findings of a kind the table tells before it counts.
    private static let shown = 4

    private func table(on terminal: Terminal) -> String {
        func label(_ finding: DoctorFinding) -> String {
            finding.severity == .problem ? "PROBLEM" : finding.severity.rawValue
        }
        let width = max(7, findings.map { label($0).count }.max() ?? 0)
        let areas = findings.map(\.area.rawValue.count).max() ?? 0
        let margin = Self.padded("", width + areas + 4)
        var lines: [(text: String, colour: Terminal.Colour?)] = []
        let groups = groups
        for (index, group) in groups.enumerated() {
            // One more line would not be shorter.
            let told = group.count > Self.shown + 1 ? group.prefix(Self.shown) : group
            for finding in told {
                let area = Self.padded(finding.area.rawValue, areas)
                let text = "\(Self.padded(label(finding), width))  \(area)  \(finding.subject): \(finding.message)"
                lines.append((text, finding.severity.colour))
            }
            if told.count < group.count {
                lines.append(("\(margin)and \(group.count - told.count) more of the kind (-o yaml lists all)", nil))
            }
            // One remedy for several findings is said after the last of them.
            let next = groups.dropFirst(index + 1).first?.first
            if let remedy = group.first?.remedy, next?.remedy != remedy {
                lines.append(("\(margin)to do: \(remedy)", nil))
            }
        }
        lines.append((problems == 0 ? "nothing is to be fixed" : "\(problems) to be fixed", nil))
        return lines.map { line in
            let text = Printable.text(line.text)
            guard let colour = line.colour else { return text }
            return "\(terminal.coloured(String(text.prefix(width)), colour))\(text.dropFirst(width))"
        }.joined(separator: "\n")
    }

    /// Findings one after the other that say the same of several things.
    private var groups: [ArraySlice<DoctorFinding>] {
        var groups: [ArraySlice<DoctorFinding>] = []
        for finding in findings {
            if let last = groups.last?.last, last.isAlike(finding) {
                groups[groups.count - 1].append(finding)
            } else {
                groups.append([finding])
            }
        }
        return groups
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}

extension DoctorFinding.Severity {
    fileprivate var colour: Terminal.Colour {
        switch self {
        case .ok: .green
        case .note, .unknown: .yellow
        case .problem: .red
        }
    }
}

extension DoctorFinding {
    /// Whether it is about the same thing, with the same remedy.
    fileprivate func isAlike(_ other: DoctorFinding) -> Bool {
        severity != .ok && severity == other.severity && area == other.area && subject == other.subject
            && remedy == other.remedy
    }
}
