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
        case .documentStored(let name, let content):
            try Data(content).write(to: document(name), options: .atomic)
        case .documentRemoved(let name):
            // It may never have been written: what an option of the command named is there as well.
            try? FileManager.default.removeItem(at: document(name))
        }
    }

    /// Reads all documents whose names start with a prefix, by the rest of their names.
    ///
    /// - Throws: When a file cannot be read.
    package func documents(prefix: String) throws -> [String: Data] {
        var documents: [String: Data] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: directory.path) {
            guard name.hasPrefix(prefix), name.hasSuffix(Self.documentSuffix) else { continue }
            let key = name.dropFirst(prefix.count).dropLast(Self.documentSuffix.count)
            documents[String(key)] = try Data(contentsOf: directory.appending(path: name))
        }
        return documents
    }

    private static let documentSuffix = ".pb"

    private func document(_ name: String) -> URL { directory.appending(path: name + Self.documentSuffix) }

    private func file(of row: Int64) -> URL { directory.appending(path: "\(row).json") }
}
