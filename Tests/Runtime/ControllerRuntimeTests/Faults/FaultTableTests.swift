import TestSupport
import Testing

@Suite("The table of faults in docs/runtime.md")
struct FaultTableTests {
    @Test("names tests that exist, and every test of the folder of faults")
    func complete() throws {
        let folder = "Tests/Runtime/ControllerRuntimeTests/Faults"
        let page = try Checkout.text("docs/runtime.md")
        let lines = page.split(separator: "\n").drop { $0 != "## Faults" }
        let named = lines.flatMap { $0.split(separator: "](../").dropFirst() }
            .compactMap { $0.split(separator: ")").first.map(String.init) }
        #expect(named.count > 20)
        for path in named {
            let text = try Checkout.text(path)
            #expect(text.contains("@Suite(") && text.contains("@Test("), "\(path) has no tests")
        }
        let files = try Checkout.files(ending: ".swift", in: folder).filter { !$0.hasSuffix("/FaultTableTests.swift") }
        #expect(files.filter { !named.contains($0) } == [])
        #expect(files.count > 10)
    }

    @Test("has a way to break each row's rule, and hack/mutate no rule of another row")
    func mutations() throws {
        let page = try Checkout.text("docs/runtime.md")
        let rows = page.split(separator: "\n").drop { $0 != "## Faults" }.filter { $0.hasPrefix("| ") }.dropFirst()
            .compactMap { $0.split(separator: "|").first.map { $0.filter { $0 != " " } } }
        let broken = try Checkout.text("hack/lib/mutations.toml").split(separator: "\n")
            .filter { $0.hasPrefix("row = ") }.map { String($0.dropFirst(7).dropLast()) }
        #expect(rows.count >= 20)
        #expect(Set(rows).count == rows.count)
        #expect(Set(rows) == Set(broken))
    }
}
