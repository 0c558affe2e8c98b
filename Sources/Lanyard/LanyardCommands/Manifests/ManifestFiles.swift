import FoundationEssentials
import Yams

/// Reads manifests: files, folders with all below them, and standard input as `-`.
struct ManifestFiles {
    /// Longer files are refused, in bytes.
    private static let sizeLimit = 16 * 1024 * 1024

    /// Reads what standard input holds.
    var standardInput: () -> Data = { FileHandleInput.readAll() }

    /// All documents, in the order of the paths and, within folders, of the names.
    ///
    /// - Throws: `ManifestProblem` for the first file that cannot be read, and for a path in which there is nothing: a
    ///   misspelt folder must not pass as if it had been looked at.
    func documents(at paths: [String]) throws(ManifestProblem) -> [ManifestDocument] {
        var documents: [ManifestDocument] = []
        for path in paths {
            let found = try read(path)
            guard !found.isEmpty else {
                throw ManifestProblem(file: path, document: nil, message: "has no object: nothing was looked at")
            }
            documents += found
        }
        return documents
    }

    private func read(_ path: String) throws(ManifestProblem) -> [ManifestDocument] {
        if path == "-" { return try parse(standardInput(), file: path) }
        var documents: [ManifestDocument] = []
        for file in try files(at: path) {
            guard let data = FileManager.default.contents(atPath: file) else {
                throw ManifestProblem(file: file, document: nil, message: "cannot be read")
            }
            documents += try parse(data, file: file)
        }
        return documents
    }

    private func files(at path: String) throws(ManifestProblem) -> [String] {
        var isFolder = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw ManifestProblem(file: path, document: nil, message: "there is no such file or folder")
        }
        guard isFolder else { return [path] }
        guard let names = try? FileManager.default.subpathsOfDirectory(atPath: path) else {
            throw ManifestProblem(file: path, document: nil, message: "cannot be read")
        }
        let base = path.hasSuffix("/") ? String(path.dropLast()) : path
        return names.filter { name in
            [".yaml", ".yml", ".json"].contains { name.hasSuffix($0) }
                && !name.split(separator: "/").contains { $0.hasPrefix(".") }
        }.sorted().map { "\(base)/\($0)" }
    }

    private func parse(_ data: Data, file: String) throws(ManifestProblem) -> [ManifestDocument] {
        guard data.count <= Self.sizeLimit else {
            throw ManifestProblem(file: file, document: nil, message: "is longer than \(Self.sizeLimit) bytes")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw ManifestProblem(file: file, document: nil, message: "must be UTF-8 text")
        }
        var documents: [ManifestDocument] = []
        var number = 0
        do {
            let parser = try Parser(yaml: text)
            while let node = try parser.nextRoot() {
                number += 1
                // Between two separators there may be nothing.
                if node.null != nil { continue }
                documents.append(try ManifestDocument(file: file, number: number, node: node))
            }
        } catch let problem as ManifestProblem {
            throw problem
        } catch {
            throw ManifestProblem(file: file, document: number + 1, message: Self.message(of: error))
        }
        return documents
    }

    private static func message(of error: any Error) -> String {
        let error = error as? YamlError
        if case .duplicatedKeysInMapping(let keys, let context) = error {
            let shown = Set(keys).sorted().prefix(4).map(Printable.quoted).joined(separator: ", ")
            let slip =
                keys.contains("apiVersion") || keys.contains("kind")
                ? ": a line with --- is missing between two objects" : ""
            return "has the keys \(shown) twice (line \(context.mark.line))\(slip)"
        }
        return "is no YAML\(error.flatMap(line).map { " (line \($0))" } ?? "")"
    }

    private static func line(of error: YamlError) -> Int? {
        switch error {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
        default: nil
        }
    }
}

/// A file that cannot be read, or a document in it that is no object.
struct ManifestProblem: Error, Equatable, CustomStringConvertible {
    /// The file as it was named.
    let file: String
    /// The number of the document in it, from 1; nil when it is about the file.
    let document: Int?
    /// What is wrong, to be read after the place.
    let message: String

    /// What is wrong within a document.
    struct Content: Error {
        let message: String
    }

    var description: String {
        Printable.text(file) + (document.map { ", document \($0)" } ?? "") + ": " + message
    }
}
