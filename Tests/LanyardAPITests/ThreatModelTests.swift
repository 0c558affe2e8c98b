import Testing

@Suite("Threat model")
struct ThreatModelTests {
    private static let page = "docs/threat-model.md"

    private func rows() throws -> [[Substring]] {
        try Checkout.text(Self.page).split(separator: "\n").filter { $0.hasPrefix("| T") }.map {
            $0.split(separator: "|", omittingEmptySubsequences: false)
        }
    }

    @Test("has a row for every one of T1 to T42, in order")
    func everyThreat() throws {
        let numbers = try rows().map { $0[1].split(separator: " ").first.map(String.init) ?? "" }
        #expect(numbers == (1...42).map { "T\($0)" })
    }

    @Test("every test that is named exists, and what is proven by none is said to be not covered")
    func namedTests() throws {
        let sources = try Checkout.swiftFiles(in: "Tests").map { try Checkout.text($0) }
        let text = try Checkout.text(Self.page)
        for row in try rows() {
            let names = row[4].split(separator: "`", omittingEmptySubsequences: false).enumerated()
                .filter { $0.offset % 2 == 1 }.map(\.element)
            if names.isEmpty {
                let threat = row[1].split(separator: " ").first ?? ""
                #expect(text.contains("**\(threat)") || text.contains(", \(threat)**"), "\(threat)")
            }
            for name in names {
                let parts = name.split(separator: "/")
                let holder = sources.first { source in
                    source.contains("struct \(parts.first ?? "") {")
                        && (parts.count == 1 || source.contains("func \(parts.last ?? "")("))
                }
                #expect(holder != nil, "\(name)")
            }
        }
    }
}
