import ArgumentParser
import FoundationEssentials
import KubernetesModel
import LanyardCore
import Yams

/// What `lanyard render` prints.
struct RenderReport: Equatable, Sendable, Encodable {
    /// In the order of the files.
    var resources: [RenderedResource] = []

    /// Whether something would be refused.
    var hasRefusals: Bool { resources.contains { !$0.refusals.isEmpty } }

    enum Format: String, CaseIterable, ExpressibleByArgument {
        case text, json, yaml
    }

    /// The report as text, without the last line break.
    ///
    /// - Throws: never in practice; encoders say so.
    func text(_ format: Format) throws -> String {
        switch format {
        case .json: try Printable.json(self)
        case .yaml: try YAMLEncoder().encode(self)
        case .text: resources.map(Self.text).joined(separator: "\n\n")
        }
    }

    private static func text(_ resource: RenderedResource) -> String {
        let key = (resource.namespace.map { "\($0)/" } ?? "") + resource.name
        var lines = [
            Printable.text("# \(resource.kind) \(key) (\(resource.file), document \(resource.document))")
        ]
        lines += resource.refusals.map { Printable.text("refused: \($0)") }
        lines += resource.notes.map { Printable.text("note: \($0)") }
        for entry in resource.entries { lines += text(entry) }
        for object in resource.objects { lines += text(object) }
        return lines.joined(separator: "\n")
    }

    private static func text(_ entry: RenderedResource.Entry) -> [String] {
        var lines = ["entry \(entry.id)", "  spiffe_id: \(entry.spiffeID)", "  parent_id: \(entry.parentID)"]
        lines += entry.selectors.map { "  selector: \($0)" }
        if let ttl = entry.x509SVIDTTL { lines.append("  x509_svid_ttl: \(ttl)s") }
        if let ttl = entry.jwtSVIDTTL { lines.append("  jwt_svid_ttl: \(ttl)s") }
        lines += (entry.dnsNames ?? []).map { "  dns_name: \($0)" }
        lines += (entry.federatesWith ?? []).map { "  federates_with: \($0)" }
        if let hint = entry.hint { lines.append("  hint: \(hint)") }
        return lines.map(Printable.text)
    }

    private static func text(_ object: RenderedResource.VaultEntry) -> [String] {
        if let policy = object.policy {
            return [object.path] + policy.split(separator: "\n").map { "  \(Printable.text(String($0)))" }
        }
        let fields = (object.fields?.object ?? [:]).sorted { $0.key < $1.key }.filter { !$0.value.isZero }
        return [object.path]
            + fields.map { Printable.text("  \($0.key): \(shown($0.value))") }
    }

    /// A field in one line, texts without quotes.
    private static func shown(_ value: JSONValue) -> String {
        if let text = value.string { return text }
        return (try? JSON.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}

extension JSONValue {
    /// Whether a field says nothing: the zeros that are sent so that old values go away.
    fileprivate var isZero: Bool {
        switch self {
        case .null, .bool(false), .string(""), .integer(0), .number(0), .array([]): true
        case .object(let members): members.isEmpty
        default: false
        }
    }
}
