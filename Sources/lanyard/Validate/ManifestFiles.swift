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
    /// - Throws: `ManifestProblem` for the first file that cannot be read.
    func documents(at paths: [String]) throws(ManifestProblem) -> [ManifestDocument] {
        var documents: [ManifestDocument] = []
        for path in paths {
            if path == "-" {
                documents += try parse(standardInput(), file: path)
                continue
            }
            for file in try files(at: path) {
                guard let data = FileManager.default.contents(atPath: file) else {
                    throw ManifestProblem(file: file, document: nil, message: "cannot be read")
                }
                documents += try parse(data, file: file)
            }
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
            let place = (error as? YamlError).flatMap(Self.line).map { " (line \($0))" } ?? ""
            throw ManifestProblem(file: file, document: number + 1, message: "is no YAML\(place)")
        }
        return documents
    }

    private static func line(of error: YamlError) -> Int? {
        switch error {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
        default: nil
        }
    }
}
