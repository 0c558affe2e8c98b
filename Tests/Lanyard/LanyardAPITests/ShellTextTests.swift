import TestSupport
import Testing

@Suite("ShellText")
struct ShellTextTests {
    private func words(_ text: String) -> [[String]] { ShellText(text).commands.map(\.words) }

    @Test(
        "finds the words of commands",
        arguments: [
            ("a b  c", [["a", "b", "c"]]),
            ("a 'b c' \"d $E\" f\\ g", [["a", "b c", "d $E", "f g"]]),
            ("a \\\n  b # c", [["a", "b"]]),
            ("# nothing\n\na", [["a"]]),
            ("a | b && c || d; e & f", [["a"], ["b"], ["c"], ["d"], ["e"], ["f"]]),
            ("X=1 Y='2 3' a b=c", [["a", "b=c"]]),
            ("env -u X Y=1 a", [["a"]]),
            ("until a; do b; done", [["a"], ["b"], ["done"]]),
            ("for x in a b; do c; done", [["c"], ["done"]]),
            ("f() { a \"$@\"; }", [["f"], ["a", "$@"]]),
            ("a >b 2>&1 <c d >>e", [["a", "d"]]),
            ("a <<<\"b c\" d", [["a", "d"]]),
            ("source \"$(a b)\"", [["a", "b"], ["source", "$(…)"]]),
            ("X=$(a | b 'c)' \"$(d)\") e", [["a"], ["d"], ["b", "c)", "$(…)"], ["e"]]),
            ("kubectl exec x -- env Y= a b", [["kubectl", "exec", "x", "--", "env", "Y=", "a", "b"], ["a", "b"]]),
            ("it's never closed", [["its never closed"]]),
            ("never $(closed", [["closed"], ["never", "$(…)"]]),
        ] as [(String, [[String]])])
    func commands(text: String, expected: [[String]]) {
        #expect(words(text) == expected)
    }

    @Test("tells the lines of commands, and what is run by variables")
    func places() {
        let text = ShellText("a\n\nb \\\n  c\n$KUBECTL get x\n\"$LANYARD_BIN/lanyard\" version", firstLine: 10)
        #expect(text.commands.map(\.line) == [10, 12, 14, 15])
        #expect(text.commands.map(\.program) == ["a", "b", "kubectl", "lanyard"])
    }

    @Test("sets here-documents apart")
    func documents() {
        let text = ShellText("a <<'E' >b\nx: |\n  $(y)\nE\nc <<-F d\n$Z\nF\ne")
        #expect(text.commands.map(\.words) == [["a"], ["c", "d"], ["e"]])
        #expect(text.commands.map(\.line) == [1, 5, 8])
        #expect(text.documents.map(\.text) == ["x: |\n  $(y)\n", "$Z\n"])
        #expect(text.documents.map(\.isLiteral) == [true, false])
        #expect(text.documents.map(\.line) == [2, 6])
    }
}
