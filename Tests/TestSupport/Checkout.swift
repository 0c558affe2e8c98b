import FoundationEssentials

/// The files of the checkout that the tests belong to, by their paths in it.
package enum Checkout {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Where a file or folder is.
    package static func path(_ path: String) -> String { root.appending(path: path).path }

    /// The text of a file.
    package static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// Whether there is a file or folder.
    package static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: self.path(path))
    }

    /// The YAML files of a folder, without those of its folders, sorted.
    package static func yamlFiles(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path(folder))
            .filter { $0.hasSuffix(".yaml") }.sorted().map { "\(folder)/\($0)" }
    }

    /// All files below a folder whose names end so, sorted.
    package static func files(ending end: String, in folder: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: path(folder))
            .filter { $0.hasSuffix(end) }.sorted().map { "\(folder)/\($0)" }
    }

    /// What stands in backquotes in the first cells of the tables of a section of a Markdown file.
    package static func firstCells(of path: String, section: String) throws -> [String] {
        let lines = try text(path).split(separator: "\n")
        let body = lines.drop { $0 != "## \(section)" }.dropFirst().prefix { !$0.hasPrefix("## ") }
        return body.filter { $0.hasPrefix("| `") }.map { String($0.dropFirst(3).prefix { $0 != "`" }) }
    }
}
