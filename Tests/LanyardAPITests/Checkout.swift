import FoundationEssentials
import KubernetesModel
import Yams

/// The files of this checkout that are part of the API: CRDs, manifests, documentation.
enum Checkout {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The text of a file, by its path in the checkout.
    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// The documents of a YAML file.
    static func documents(_ path: String) throws -> [JSONValue] {
        try documents(yaml: text(path))
    }

    /// The documents of a YAML text.
    static func documents(yaml: String) throws -> [JSONValue] {
        try Yams.load_all(yaml: yaml).map { try JSONValue(loaded: $0) }
    }

    /// Whether there is a file or folder at a path in the checkout.
    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: path).path)
    }

    /// Paths of the YAML files in a folder, sorted.
    static func yamlFiles(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path)
            .filter { $0.hasSuffix(".yaml") }.sorted().map { "\(folder)/\($0)" }
    }

    /// Paths of all files below a folder whose names end so, sorted.
    static func files(ending end: String, in folder: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: folder).path)
            .filter { $0.hasSuffix(end) }.sorted().map { "\(folder)/\($0)" }
    }

    /// What stands in backquotes in the first cells of the tables of a section of a Markdown file.
    static func firstCells(of path: String, section: String) throws -> [String] {
        let lines = try text(path).split(separator: "\n")
        let body = lines.drop { $0 != "## \(section)" }.dropFirst().prefix { !$0.hasPrefix("## ") }
        return body.filter { $0.hasPrefix("| `") }.map { String($0.dropFirst(3).prefix { $0 != "`" }) }
    }
}

/// A YAML value that has no JSON counterpart.
private struct UnsupportedYAML: Error {}

extension JSONValue {
    fileprivate init(loaded value: Any) throws {
        switch value {
        case let value as Bool: self = .bool(value)
        case let value as Int: self = .integer(Int64(value))
        case let value as Double: self = .number(value)
        case let value as String: self = .string(value)
        case let values as [Any]: self = .array(try values.map { try JSONValue(loaded: $0) })
        case let members as [AnyHashable: Any]:
            self = .object(
                try members.reduce(into: [:]) { result, member in
                    guard let key = member.key.base as? String else { throw UnsupportedYAML() }
                    result[key] = try JSONValue(loaded: member.value)
                })
        default: throw UnsupportedYAML()
        }
    }
}
