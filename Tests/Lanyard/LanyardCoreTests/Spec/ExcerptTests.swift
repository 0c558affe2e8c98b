import LanyardCore
import Testing

@Suite("Excerpt")
struct ExcerptTests {
    @Test(
        "foreign text is quoted without what could fool a terminal",
        arguments: [
            ("plain é", "\"plain é\""), ("a\u{1B}[31m\n", "\"a\\u{1b}[31m\\u{a}\""), ("\u{202E}x", "\"\\u{202e}x\""),
        ])
    func quoting(text: String, expected: String) {
        #expect(Excerpt.quoting(text) == expected)
    }

    @Test("long text is cut, and said to be")
    func cutting() {
        #expect(Excerpt.quoting("abcdef", limit: 3) == "\"abc…\"")
        #expect(Excerpt.quoting("abc", limit: 3) == "\"abc\"")
    }
}
