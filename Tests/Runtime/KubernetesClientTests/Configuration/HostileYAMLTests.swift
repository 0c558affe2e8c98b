import FoundationEssentials
import KubernetesModel
import Testing

@testable import KubernetesClient

@Suite("Hostile YAML", .timeLimit(.minutes(5)))
struct HostileYAMLTests {
    /// A text that is made to cost much.
    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let text: String
        let problem: String
    }

    private static let many = 100_000

    static let rows = [
        Row(testDescription: "size", text: String(repeating: "#", count: 5 << 20), problem: "is larger than 4 MiB"),
        Row(testDescription: "[[[", text: String(repeating: "[", count: many), problem: "is nested too deeply"),
        Row(testDescription: "{a: {a:", text: String(repeating: "{a: ", count: many), problem: "is nested too deeply"),
        Row(testDescription: "- - -", text: String(repeating: "- ", count: many), problem: "is nested too deeply"),
        Row(testDescription: "? ? ?", text: String(repeating: "? ", count: many), problem: "is nested too deeply"),
        Row(
            testDescription: "indentation",
            text: (0..<1000).map { String(repeating: " ", count: $0) + "a:\n" }.joined(),
            problem: "is nested too deeply"),
        Row(
            testDescription: "laughs",
            text: "a0: &a0 [x]\n"
                + (1...30).map { "a\($0): &a\($0) [*a\($0 - 1), *a\($0 - 1), *a\($0 - 1)]\n" }.joined(),
            problem: "uses too many YAML aliases"),
        Row(
            testDescription: "laughing keys",
            text: "? &a0 [x]\n: 1\n" + (1...30).map { "? &a\($0) [*a\($0 - 1),*a\($0 - 1)]\n: 1\n" }.joined(),
            problem: "uses too many YAML aliases"),
        Row(testDescription: "zero", text: "a: \0", problem: "is no text"),
    ]

    @Test("is refused before it costs anything", arguments: rows)
    func refused(row: Row) {
        #expect(throws: HostileYAML.Refused(problem: row.problem)) {
            try HostileYAML.decode(Kubeconfig.self, from: Data(row.text.utf8))
        }
    }

    @Test("within the limits there is nothing that takes long or ends the process")
    func withinLimits() throws {
        let depth = HostileYAML.maximumDepth
        let limit = HostileYAML.maximumSize / 4
        let texts = [
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth),
            (0..<depth).map { String(repeating: " ", count: $0) + "a:\n" }.joined(),
            String(repeating: "a", count: limit), "'" + String(repeating: "a\n", count: limit / 2),
            "[" + String(repeating: "a,", count: limit / 16) + "]",
            "\"" + String(repeating: "\\n", count: limit / 2) + "\"",
            String(repeating: "# a\n", count: limit / 4), "a: |\n" + String(repeating: "  x\n", count: limit / 4),
            "a: &a [1, 2]\nb: [*a, *a]\n", "a: *none", "!!binary x", "<<: {a: 1}", "--- 1\n--- 2", "%YAML 9.9\n---\na",
        ]
        for text in texts {
            do {
                _ = try HostileYAML.decode(Kubeconfig.self, from: Data(text.utf8))
            } catch {
                #expect(!(error is HostileYAML.Refused), "\(text.prefix(20)): \(error)")
            }
        }
    }

    @Test(
        "what people write is decoded",
        arguments: ["", "\n", "{}", "# only\n# comments\n", "clusters: null", "clusters: [*x]"])
    func ordinary(text: String) throws {
        if text.contains("*") {
            #expect(throws: (any Error).self) { try HostileYAML.decode(Kubeconfig.self, from: Data(text.utf8)) }
        } else {
            #expect(try HostileYAML.decode(Kubeconfig.self, from: Data(text.utf8)).contexts == nil)
        }
    }
}
