import TestSupport

/// What Swift files declare, told by the indentation that `swift format` keeps.
struct SourceIndex {
    /// Functions, initialisers and properties of types, `Folder Type.member` for each folder above the file, with the names of
    /// the files in which they are.
    private(set) var members: [String: Set<String>] = [:]
    /// Suites, and their tests as `Suite/function` and, for each folder above the file but the first, `Folder Suite/function`;
    /// nothing of a file in which something is disabled.
    private(set) var tests: Set<String> = []
    /// The types that have tests, by file; of every file that has some.
    private(set) var suites: [String: Set<String>] = [:]

    private static let modifiers: Set<Substring> = [
        "convenience", "fileprivate", "final", "indirect", "internal", "mutating", "nonisolated", "nonmutating",
        "override", "package", "private", "public", "required", "static",
    ]
    private static let types: Set<Substring> = ["actor", "class", "enum", "extension", "protocol", "struct"]

    /// Reads the files below a folder of the checkout.
    init(of folder: String) throws {
        for file in try Checkout.files(ending: ".swift", in: folder) {
            let text = try Checkout.text(file)
            read(text, of: file, hasTests: !text.contains("." + "disabled("))
        }
    }

    private mutating func read(_ text: String, of file: String, hasTests: Bool) {
        let folders = file.split(separator: "/").dropLast()
        let fileName = String(file.split(separator: "/").last ?? "")
        var open: [(indentation: Int, name: Substring)] = []
        var isTest = false
        for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
            let content = line.drop { $0 == UInt8(ascii: " ") }
            // A brace or clause on a line of its own belongs to the declaration above it.
            guard let first = content.first, !"/{#)".utf8.contains(first), !content.starts(with: "where ".utf8)
            else { continue }
            let indentation = line.count - content.count
            while let last = open.last, last.indentation >= indentation { open.removeLast() }
            guard indentation == (open.last?.indentation ?? -4) + 4 else { continue }
            let words = Substring(content).split(separator: " ")
            if content.starts(with: "@Test".utf8) { isTest = true }
            let declaration = words.drop { word in
                word.hasPrefix("@") || Self.modifiers.contains(word.prefix { $0 != "(" })
            }
            guard let keyword = declaration.first else { continue }
            let name = (declaration.dropFirst().first ?? "").prefix { !"(<:,{?=".contains($0) }
            let path = open.map(\.name).joined(separator: ".")
            if Self.types.contains(keyword) {
                open.append((indentation, name))
            } else if keyword.hasPrefix("init") || ["func", "let", "var"].contains(keyword) {
                let member = keyword.hasPrefix("init") ? "init" : name
                for folder in folders { members["\(folder) \(path).\(member)", default: []].insert(fileName) }
                if isTest, keyword == "func", let suite = open.last?.name {
                    suites[file, default: []].insert(String(suite))
                    if hasTests {
                        tests.formUnion(["\(suite)", "\(suite)/\(name)"])
                        for folder in folders.dropFirst() { tests.insert("\(folder) \(suite)/\(name)") }
                    }
                }
                isTest = false
            }
        }
    }
}
