import Testing

@Suite("Threat model")
struct ThreatModelTests {
    private static let page = "docs/threat-model.md"

    private func rows() throws -> [[Substring]] {
        try Checkout.text(Self.page).split(separator: "\n").filter { $0.hasPrefix("| T") }.map {
            $0.split(separator: "|", omittingEmptySubsequences: false)
        }
    }

    @Test("has a row for every one of T1 to T45, in order")
    func everyThreat() throws {
        let numbers = try rows().map { $0[1].split(separator: " ").first.map(String.init) ?? "" }
        #expect(numbers == (1...45).map { "T\($0)" })
    }

    @Test("every test that is named exists, and what is proven by none is said to be not covered")
    func namedTests() throws {
        let sources = try testSources()
        let text = try Checkout.text(Self.page)
        for row in try rows() {
            let names = row[4].split(separator: "`", omittingEmptySubsequences: false).enumerated()
                .filter { $0.offset % 2 == 1 }.map(\.element)
            if names.isEmpty {
                let threat = row[1].split(separator: " ").first ?? ""
                #expect(text.contains("**\(threat)") || text.contains(", \(threat)**"), "\(threat)")
            }
            for name in names { #expect(Self.isTest(name, in: sources), "\(name)") }
        }
    }

    @Test("what is no test would be noticed")
    func strangers() throws {
        let sources = try testSources()
        #expect(Self.isTest("ThreatModelTests/strangers", in: sources))
        for name in ["ThreatModelTests/rows", "ThreatModelTests/nothing", "NoSuchTests", "Checkout", "Checkout/text"] {
            #expect(!Self.isTest(Substring(name), in: sources), "\(name)")
        }
    }

    private func testSources() throws -> [String] {
        try Checkout.files(ending: ".swift", in: "Tests").map { try Checkout.text($0) }
    }

    /// Whether a suite, or `suite/function`, is among the sources and is run: a function has `@Test` before it, with
    /// nothing but its arguments in between, and nothing is disabled.
    private static func isTest(_ name: Substring, in sources: [String]) -> Bool {
        let parts = name.split(separator: "/")
        guard let suite = parts.first else { return false }
        return sources.contains { source in
            guard source.contains("struct \(suite) {"), source.contains("@Test"), !source.contains("." + "disabled(")
            else {
                return false
            }
            guard parts.count > 1, let function = parts.last else { return true }
            guard let place = source.firstRange(of: "func \(function)(") else { return false }
            let before = source[..<place.lowerBound]
            guard let test = before.ranges(of: "@Test").last else { return false }
            return !before[test.upperBound...].contains("func ")
        }
    }
}
