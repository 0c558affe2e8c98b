package import FoundationEssentials

/// Keeps entries on disk: one JSON file for each row, named by its number and replaced by renaming, so that a crash leaves
/// either the old or the new entry. Nothing is synced: it survives the process, not the machine.
package struct StateDirectory: Sendable {
    private let directory: URL

    /// Uses a directory, which is made if it is missing.
    ///
    /// - Throws: When it cannot be made.
    package init(_ directory: URL) throws {
        self.directory = directory
        try FileManager.default.createDirectory(
            at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o750])
    }

    /// Reads all rows.
    ///
    /// - Throws: When a file cannot be read: a damaged state is never taken for an empty one.
    package func load() throws -> [Int64: StoredEntry] {
        var rows: [Int64: StoredEntry] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: directory.path) {
            guard name.hasSuffix(".json"), let row = Int64(name.dropLast(5)) else { continue }
            let data = try Data(contentsOf: directory.appending(path: name))
            rows[row] = try JSONDecoder().decode(StoredEntry.self, from: data)
        }
        return rows
    }

    /// Makes one change durable.
    ///
    /// - Throws: When it cannot be written.
    package func commit(_ change: EntryDatastore.Change) throws {
        switch change {
        case .stored(let row, let entry):
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            try encoder.encode(entry).write(to: file(of: row), options: .atomic)
        case .removed(let row):
            try FileManager.default.removeItem(at: file(of: row))
        }
    }

    private func file(of row: Int64) -> URL { directory.appending(path: "\(row).json") }
}
