import TestSupport
import Testing

@Suite("Rules")
struct RuleTests {
    private static let page = "docs/rules.md"

    /// One row of the tables.
    private struct Rule {
        let id: String
        /// `Module Type.function`.
        let function: String
        /// The outermost type of the function.
        let type: String
        /// The file in which the function is, where its type's name does not lead there.
        let file: String?
        /// `Suite/function`.
        let test: String
        /// The module of the suite, where there are several of its name.
        let module: String?

        init(_ row: Substring) throws {
            let cells = row.split(separator: "|").map { cell in
                cell.split(separator: "`", omittingEmptySubsequences: false).map(String.init)
            }
            try #require(
                cells.count == 4 && cells[0].count == 3 && cells[2].count == 3 && cells[3].count == 3, "\(row)")
            id = cells[0][1]
            // `Type.function` (Module) or (Module, File.swift)
            let place = Self.words(in: cells[2][2])
            try #require((1...2).contains(place.count), "\(row)")
            function = "\(place[0]) \(cells[2][1])"
            type = String(cells[2][1].drop { $0 == "[" }.prefix { !".]".contains($0) })
            file = place.count > 1 ? place[1] : nil
            test = cells[3][1]
            module = Self.words(in: cells[3][2]).first
        }

        private static func words(in text: String) -> [String] {
            text.split { " (),".contains($0) }.map(String.init)
        }
    }

    private func rules() throws -> [Rule] {
        try Checkout.text(Self.page).split(separator: "\n").filter { $0.hasPrefix("| `") }.map(Rule.init)
    }

    @Test("have an ID of their own, a function that exists and a test that is run")
    func table() throws {
        let rules = try rules()
        let sources = try SourceIndex(of: "Sources")
        let tests = try SourceIndex(of: "Tests").tests
        #expect(!rules.isEmpty)
        #expect(Set(rules.map(\.id)).count == rules.count)
        for rule in rules {
            #expect(Self.citedIDs(in: "rule \(rule.id)") == [rule.id], "no ID that can be cited")
            #expect(sources.members[rule.function] != nil, "\(rule.id): \(rule.function)")
            #expect(tests.contains(rule.test), "\(rule.id): \(rule.test)")
        }
    }

    @Test("lead in one look to the file of the function, and to that of the test")
    func places() throws {
        let members = try SourceIndex(of: "Sources").members
        let tests = try SourceIndex(of: "Tests")
        let suites = Dictionary(grouping: tests.suites.values.joined(), by: { $0 })
        #expect(suites["RuleTests"]?.count == 1)
        for rule in try rules() {
            let files = members[rule.function] ?? []
            let isNamedAfterType = files.contains { $0 == "\(rule.type).swift" || $0.hasPrefix("\(rule.type)+") }
            if isNamedAfterType {
                #expect(rule.file == nil, "\(rule.id): the type's name leads there")
            } else {
                #expect(files.contains(rule.file ?? ""), "\(rule.id): \(rule.function) is in \(files.sorted())")
            }
            let suite = String(rule.test.prefix { $0 != "/" })
            if (suites[suite]?.count ?? 0) < 2 {
                #expect(rule.module == nil, "\(rule.id): there is one \(suite)")
            } else {
                let test = "\(rule.module ?? "") \(rule.test)"
                #expect(tests.tests.contains(test), "\(rule.id): the module of \(rule.test) is to be named")
            }
        }
    }

    @Test("are in the table wherever one is cited")
    func citations() throws {
        let ids = Set(try rules().map(\.id))
        let files =
            try ["Sources", "Tests"].flatMap { try Checkout.files(ending: ".swift", in: $0) }
            + Checkout.files(ending: ".md", in: "docs")
        for file in files {
            let unknown = Self.citedIDs(in: try Checkout.text(file)).filter { !ids.contains($0) }
            #expect(unknown == [], "\(file)")
        }
    }

    @Test("what does not exist would be noticed")
    func strangers() throws {
        let sources = try SourceIndex(of: "Sources")
        #expect(sources.members["LanyardCore EntryName.belongs"] == ["EntryName.swift"])
        for name in [
            "LanyardCore EntryName.nothing", "LanyardCore EntryAction.belongs", "LanyardAPI EntryName.belongs",
        ] {
            #expect(sources.members[name] == nil, "\(name)")
        }
        let tests = try SourceIndex(of: "Tests").tests
        #expect(tests.contains("RuleTests/strangers"))
        #expect(tests.contains("LanyardAPITests RuleTests/strangers"))
        #expect(!tests.contains("RuleTests/rules") && !tests.contains("LanyardCoreTests RuleTests/strangers"))
        #expect(Self.citedIDs(in: "(ru" + "le own-0, threat T1), ru" + "le 12") == ["own-0"])
    }

    /// The IDs in the form in which rules are cited: the word, a blank, and the ID, on one line.
    private static func citedIDs(in text: String) -> [String] {
        text.ranges(of: "ru" + "le ").compactMap { range in
            let word = text[range.upperBound...].prefix { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "-") }
            let parts = word.split(separator: "-", omittingEmptySubsequences: false)
            guard parts.count == 2, let theme = parts.first, !theme.isEmpty, theme.allSatisfy(\.isLetter),
                let number = parts.last, !number.isEmpty, number.allSatisfy(\.isNumber)
            else { return nil }
            return String(word)
        }
    }
}
