import KubernetesModel
import LanyardAPI
import TestSupport
import Testing

@Suite("Field register")
struct FieldRegisterTests {
    private static let page = "docs/field-register.md"

    /// The cells of the rows of a section.
    private func rows(_ section: String) throws -> [[String]] {
        let lines = try Checkout.text(Self.page).split(separator: "\n")
        let body = lines.drop { $0 != "## \(section)" }.dropFirst().prefix { !$0.hasPrefix("## ") }
        return body.filter { $0.hasPrefix("| `") }.map { line in
            line.split(separator: "|").map { $0.split(separator: " ").joined(separator: " ") }
        }
    }

    /// What stands in backquotes.
    private func quoted(_ cell: String) -> [String] {
        cell.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }

    private func fields(of kind: PublishedKind) throws -> [String] {
        try kind.specSchema().all.map(\.path).filter {
            $0 != "spec" && !$0.hasSuffix("[]") && !$0.hasSuffix("{}")
        }
    }

    @Test("has a row for every field of every kind that tenants write", arguments: PublishedKind.ofTenants)
    func everyField(kind: PublishedKind) throws {
        let registered = try rows(kind.descriptor.kind).compactMap { quoted($0[0]).first.map { "spec.\($0)" } }
        #expect(registered.sorted() == (try fields(of: kind)).sorted())
    }

    @Test(
        "every guard is a field of a boundary, or fixed, or those of the fields below",
        arguments: PublishedKind.ofTenants)
    func guards(kind: PublishedKind) throws {
        let known = Set(try fields(of: .identityBoundary))
        for row in try rows(kind.descriptor.kind) {
            let cell = row[2]
            if cell.hasPrefix("fixed: ") || cell.hasPrefix("the field") { continue }
            let guards = quoted(cell)
            #expect(!guards.isEmpty && guards.allSatisfy { known.contains("spec.\($0)") }, "\(row)")
        }
    }

    @Test("every attack exists, and is one on the kind", arguments: PublishedKind.ofTenants)
    func attacks(kind: PublishedKind) throws {
        let documents = try Checkout.yamlFiles(in: "Tests/Attacks").flatMap { try Checkout.documents($0) }
        #expect(documents.count > 300)
        let names = Set(
            documents.filter { $0["kind"]?.string == kind.descriptor.kind }.compactMap {
                $0["metadata"]?["name"]?.string
            })
        for row in try rows(kind.descriptor.kind) {
            let attack = try #require(quoted(row[3]).first)
            #expect(names.contains(attack), "\(attack)")
        }
    }

    @Test("has a row for every kind that tenants do not write")
    func platformKinds() throws {
        let platform = LanyardKind.all.filter { $0.author != .tenants }.map(\.descriptor.kind)
        let registered = try rows("Kinds of the platform team").compactMap { quoted($0[0]).first }
        #expect(registered.sorted() == platform.sorted())
    }
}
