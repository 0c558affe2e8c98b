import TestSupport
import Testing

@Suite("Threat model")
struct ThreatModelTests {
    private static let page = "docs/threat-model.md"

    private func rows() throws -> [[Substring]] {
        try Checkout.text(Self.page).split(separator: "\n").filter { $0.hasPrefix("| T") }.map {
            $0.split(separator: "|", omittingEmptySubsequences: false)
        }
    }

    @Test("has a row for every one of T1 to T46, in order")
    func everyThreat() throws {
        let numbers = try rows().map { $0[1].split(separator: " ").first.map(String.init) ?? "" }
        #expect(numbers == (1...46).map { "T\($0)" })
    }

    @Test("every test that is named exists, and what is proven by none is said to be not covered")
    func namedTests() throws {
        let tests = try SourceIndex(of: "Tests").tests
        let text = try Checkout.text(Self.page)
        for row in try rows() {
            let names = row[4].split(separator: "`", omittingEmptySubsequences: false).enumerated()
                .filter { $0.offset % 2 == 1 }.map(\.element)
            if names.isEmpty {
                let threat = row[1].split(separator: " ").first ?? ""
                #expect(text.contains("**\(threat)") || text.contains(", \(threat)**"), "\(threat)")
            }
            for name in names { #expect(tests.contains(String(name)), "\(name)") }
        }
    }

    @Test("what is no test would be noticed")
    func strangers() throws {
        let tests = try SourceIndex(of: "Tests").tests
        #expect(tests.contains("ThreatModelTests/strangers"))
        for name in ["ThreatModelTests/rows", "ThreatModelTests/nothing", "NoSuchTests", "Checkout", "Checkout/text"] {
            #expect(!tests.contains(name), "\(name)")
        }
    }
}
