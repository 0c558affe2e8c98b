import ArgumentParser
import KubernetesModel
import Yams

/// How `lanyard validate` prints.
enum ValidationFormat: String, CaseIterable, ExpressibleByArgument {
    /// Lines for people.
    case table
    case json, yaml
    /// Annotations of GitHub Actions.
    case github
}

extension ValidationReport {
    /// The report as text, without the last line break.
    ///
    /// - Parameter terminal: shows the table.
    /// - Throws: never in practice; encoders say so.
    func text(_ format: ValidationFormat, on terminal: Terminal = .none) throws -> String {
        switch format {
        case .table: table(on: terminal)
        case .json: try Printable.json(Shown(self))
        case .yaml: try YAMLEncoder().encode(Shown(self))
        case .github: github
        }
    }

    private func table(on terminal: Terminal) -> String {
        var lines: [String] = []
        for resource in resources {
            let title = "\(resource.kind) \(Printable.text(resource.key))"
            for finding in resource.violations {
                let reason = terminal.coloured(resource.reason, .red)
                lines.append("\(place(resource, finding)): \(title): \(reason): \(text(finding))")
            }
            for finding in resource.notes {
                let note = terminal.coloured("note", .yellow)
                lines.append("\(place(resource, finding)): \(title): \(note): \(text(finding))")
            }
        }
        return (lines + [summary]).joined(separator: "\n")
    }

    private var github: String {
        var lines: [String] = []
        for resource in resources {
            func line(_ level: String, _ title: String, _ finding: Finding) -> String {
                let place = "file=\(property(resource.file)),line=\(finding.line),title=\(property(title))"
                return "::\(level) \(place)::\(data("\(resource.kind) \(resource.key): \(text(finding))"))"
            }
            lines += resource.violations.map { line("error", resource.reason, $0) }
            lines += resource.notes.map { line("warning", "Lanyard", $0) }
        }
        return (lines + [summary]).joined(separator: "\n")
    }

    private func place(_ resource: Resource, _ finding: Finding) -> String {
        "\(Printable.text(resource.file)):\(finding.line) (document \(resource.document))"
    }

    private func text(_ finding: Finding) -> String { Printable.text("\(finding.field): \(finding.message)") }

    /// Text of an annotation: GitHub's own escapes, so that no object can begin a command of its own.
    private func data(_ text: String) -> String {
        Printable.text(text).replacing("%", with: "%25")
    }

    private func property(_ text: String) -> String {
        data(text).replacing(":", with: "%3A").replacing(",", with: "%2C")
    }

    /// What JSON and YAML say.
    private struct Shown: Encodable {
        let refused: Int
        let ignored: Int
        let resources: [Resource]

        init(_ report: ValidationReport) {
            refused = report.refused
            ignored = report.ignored
            resources = report.resources
        }
    }
}
