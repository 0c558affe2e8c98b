import Testing

@testable import KubernetesClient

@Suite("WarningHeader")
struct WarningHeaderTests {
    @Test(
        "gives the quoted texts",
        arguments: [
            ("299 - \"a\"", ["a"]), ("299 - \"a, b\", 299 x \"c\"", ["a, b", "c"]),
            ("299 - \"a \\\"b\\\" \\\\\"", ["a \"b\" \\"]),
            ("299 - \"a\" \"Wed, 21 Oct 2015 07:28:00 GMT\"", ["a"]), ("", []), ("299 - a", []), ("299 - \"open", []),
            ("\"\"", [""]),
        ])
    func texts(value: String, texts: [String]) {
        #expect(WarningHeader.texts([value]) == texts)
    }

    @Test("keeps texts and their number small")
    func bounds() {
        let many = Array(repeating: "299 - \"\(String(repeating: "x", count: 1000))\"", count: 50).joined(
            separator: ",")
        #expect(WarningHeader.texts([many]).count == 16)
        #expect(WarningHeader.texts([many]).allSatisfy { $0.count == 256 })
    }
}
