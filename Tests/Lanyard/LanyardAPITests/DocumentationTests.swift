import KubernetesModel
import LanyardAPI
import TestSupport
import Testing

@Suite("Documentation")
struct DocumentationTests {
    @Test("explains every reason and nothing else")
    func reasons() throws {
        let documented = try Checkout.firstCells(of: "docs/conditions.md", section: "Reasons")
        #expect(documented.sorted() == Reason.allCases.map(\.rawValue).sorted())
    }

    @Test("explains every condition type and nothing else")
    func types() throws {
        // The constants have no list of their own, so that the source is asked for them.
        let source = try Checkout.text("Sources/Lanyard/LanyardAPI/ConditionType.swift")
        let constants = source.split(separator: "\n").filter { $0.contains("static let ") }
            .compactMap { line in line.split(separator: "\"").dropFirst().first.map(String.init) }
        let documented = try Checkout.firstCells(of: "docs/conditions.md", section: "Types")
        #expect(constants.contains(ConditionType.ready))
        #expect(documented.sorted() == constants.sorted())
    }

    @Test("has every field of a spec in the reference of its kind", arguments: PublishedKind.declared)
    func fields(kind: PublishedKind) throws {
        let fields = try kind.specSchema().all.map(\.path).filter {
            $0 != "spec" && !$0.hasSuffix("[]") && !$0.hasSuffix("{}")
        }
        let reference = "docs/reference/\(kind.descriptor.kind.lowercased()).md"
        let documented = try Checkout.firstCells(of: reference, section: "spec").map { "spec.\($0)" }
        #expect(documented.sorted() == fields.sorted())
    }

    @Test("has a table of the kinds that people write, in the order of the list, with author and reference")
    func kinds() throws {
        let page = "docs/README.md"
        let documented = try Checkout.firstCells(of: page, section: "Kinds")
        #expect(documented == LanyardKind.declared.map(\.descriptor.kind))
        let text = try Checkout.text(page)
        for kind in LanyardKind.declared {
            let name = kind.descriptor.kind
            let author = kind.author == .tenants ? "tenants" : "the platform team"
            let row = "| `\(name)` | \(author) | [every field](reference/\(name.lowercased()).md) |"
            #expect(text.contains(row), "\(name)")
        }
    }

    @Test("shows an example in the README that the types accept")
    func readmeExample() throws {
        let text = try Checkout.text("README.md")
        let example = try #require(text.components(after: "```yaml\n", before: "```"))
        let documents = try Checkout.documents(yaml: example)
        #expect(documents.map { $0["kind"] } == ["WorkloadIdentity", "VaultRoleBinding"])
        for (document, kind) in zip(documents, [PublishedKind.workloadIdentity, .vaultRoleBinding]) {
            #expect(try kind.specSchema().violations(of: #require(document["spec"])) == [])
            #expect(kind.decodes(document))
        }
    }

    @Test("has no link that leads nowhere, and none to a heading that there is not")
    func links() throws {
        for page in try Checkout.pages() {
            for link in try Link.all(of: page) {
                try #require(Checkout.exists(link.path), "\(page): \(link.path)")
                guard let heading = link.heading else { continue }
                let anchors = try Heading.all(of: link.path).map(\.anchor)
                #expect(anchors.contains(heading), "\(page): \(link.path)#\(heading)")
            }
        }
    }

    @Test("has no page that nobody finds: links lead to each, from the README on")
    func reachable() throws {
        var found: Set<String> = ["README.md"]
        var next = ["README.md"]
        while let page = next.popLast() {
            for link in try Link.all(of: page) where link.path.hasSuffix(".md") {
                if found.insert(link.path).inserted { next.append(link.path) }
            }
        }
        for page in try Checkout.pages() { #expect(found.contains(page), "\(page)") }
    }

    @Test("has a blank line before every heading")
    func headings() throws {
        for page in try Checkout.pages() {
            for heading in try Heading.all(of: page) {
                #expect(heading.isAfterBlank, "\(page): \(heading.text)")
            }
        }
    }

    @Test("names every script in hack/README.md, and each says what it needs and leaves")
    func scripts() throws {
        let page = try Checkout.text("hack/README.md")
        let paths = try Checkout.files(ending: "", in: "hack")
        let files = paths.filter { path in !paths.contains { $0.hasPrefix("\(path)/") } }
        #expect(files.contains("hack/check") && files.contains("hack/lib/common.sh"))
        for file in files where file != "hack/README.md" {
            #expect(page.contains("| `\(file.dropFirst("hack/".count))` |"), "\(file)")
            let text = try Checkout.text(file)
            guard text.hasPrefix("#!") else { continue }
            let head = text.split(separator: "\n").prefix(30)
            for part in ["Needs: ", "Leaves: "] {
                #expect(head.contains { $0.drop { "# ".contains($0) }.hasPrefix(part) }, "\(file): \(part)")
            }
        }
    }
}

/// A link of a page to another one, or within it.
private struct Link {
    /// Where it leads, in the checkout.
    let path: String
    let heading: String?

    /// Those of a page that do not lead elsewhere.
    static func all(of page: String) throws -> [Link] {
        let targets = try Checkout.text(page).split(separator: "](").dropFirst()
            .compactMap { $0.split(separator: ")").first }
        return targets.filter { !$0.hasPrefix("http") }.map { target in
            let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
            var path = page.split(separator: "/").dropLast()
            for part in parts[0].split(separator: "/") where part != "." {
                if part == ".." { path = path.dropLast() } else { path.append(part) }
            }
            return Link(
                path: parts[0].isEmpty ? page : path.joined(separator: "/"),
                heading: parts.count > 1 ? String(parts[1]) : nil)
        }
    }
}

/// A heading of a page.
private struct Heading {
    let text: String
    let isAfterBlank: Bool

    /// How links to it end.
    var anchor: String {
        String(
            text.lowercased().compactMap { character -> Character? in
                if character == " " { return "-" }
                return character.isLetter || character.isNumber || "-_".contains(character) ? character : nil
            })
    }

    /// Those of a page; a comment in a block of code is none.
    static func all(of page: String) throws -> [Heading] {
        var headings: [Heading] = []
        var isCode = false
        var before: Substring = ""
        for line in try Checkout.text(page).split(separator: "\n", omittingEmptySubsequences: false) {
            if line.drop(while: { $0 == " " }).hasPrefix("```") { isCode.toggle() }
            let text = line.drop { $0 == "#" }
            if !isCode, text.startIndex > line.startIndex, text.hasPrefix(" ") {
                headings.append(Heading(text: String(text.dropFirst()), isAfterBlank: before.isEmpty))
            }
            before = line
        }
        return headings
    }
}

extension String {
    /// What stands between the first `start` and the `end` that follows it.
    fileprivate func components(after start: String, before end: String) -> String? {
        guard let begin = firstRange(of: start)?.upperBound, let stop = self[begin...].firstRange(of: end)?.lowerBound
        else { return nil }
        return String(self[begin..<stop])
    }
}
