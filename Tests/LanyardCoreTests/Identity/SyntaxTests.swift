import LanyardCore
import Testing

@Suite("KubernetesName")
struct KubernetesNameTests {
    private static let longest = String(repeating: "a", count: 63)

    @Test(
        "a DNS label is 1 to 63 of a-z 0-9 - with a letter or digit at both ends",
        arguments: ["a", "a-b", "0", longest])
    func labels(text: String) {
        #expect(KubernetesName.isDNSLabel(text))
    }

    @Test(
        "anything else is no DNS label",
        arguments: ["", "-a", "a-", "A", "a.b", "a_b", "a*", "é", "a\n", " a", longest + "a", "a\u{0}"])
    func badLabels(text: String) {
        #expect(!KubernetesName.isDNSLabel(text))
    }

    @Test(
        "an object's name is a DNS subdomain", arguments: ["a", "a.b-c.d", "0.1", String(repeating: "a", count: 253)])
    func objectNames(text: String) {
        #expect(KubernetesName.isObjectName(text))
    }

    @Test(
        "anything else is no object's name",
        arguments: [
            "", ".", "a.", ".a", "a..b", "*", "app*", "a-.b", "A.b", "a/b", "a,b", "ａ",
            String(repeating: "a", count: 254),
        ])
    func badObjectNames(text: String) {
        #expect(!KubernetesName.isObjectName(text))
    }

    @Test(
        "a label key has an optional prefix",
        arguments: ["app", "app.kubernetes.io/name", "A_b.c-d", "example.org/" + longest])
    func labelKeys(text: String) {
        #expect(KubernetesName.isLabelKey(text))
    }

    @Test(
        "anything else is no label key",
        arguments: ["", "/", "a/", "/a", "a/b/c", "A.B/c", "-a", "a-", "a:b", "a b", longest + "a"])
    func badLabelKeys(text: String) {
        #expect(!KubernetesName.isLabelKey(text))
    }

    @Test("a label value may be empty", arguments: ["", "a", "A_b.c-d", longest])
    func labelValues(text: String) {
        #expect(KubernetesName.isLabelValue(text))
    }

    @Test("anything else is no label value", arguments: ["-", "a-", ".a", "a b", "a:b", "a/b", "é", longest + "a"])
    func badLabelValues(text: String) {
        #expect(!KubernetesName.isLabelValue(text))
    }
}

@Suite("DNSNameSyntax")
struct DNSNameSyntaxTests {
    @Test(
        "what SPIRE surely takes passes",
        arguments: ["com", "example.com", "*.example.com", "xn--ls8h.org", "a-hello.com", "1.a", "*.a"])
    func valid(name: String) {
        #expect(DNSNameSyntax.violation(of: name) == nil)
    }

    @Test(
        "anything else is refused",
        arguments: [
            "", ".", "*", "*.", "example.com.", " ", "a b", "*.*.a", "a.*.b", "*a.b", "a*", "é.org", "-a.b", "a-.b",
            "Example.com", "a_b.c", "a..b", ".a", "ab--c.d", "a/b", "a:1",
            String(repeating: "a", count: 64) + ".b", String(repeating: "a.", count: 127) + "a",
        ])
    func invalid(name: String) {
        #expect(DNSNameSyntax.violation(of: name) != nil)
    }
}

extension DNSNameSyntaxTests {
    @Test(
        "the message says which rule it is",
        arguments: [
            ("example.com.", "end in a dot"), ("a.*.b", "wildcard"), ("", "be empty"), ("a_b", "labels of 1 to 63"),
            ("ab--c", "third and fourth"), (String(repeating: "a.", count: 127) + "a", "253 bytes"),
        ])
    func message(name: String, part: String) {
        #expect(DNSNameSyntax.violation(of: name)?.contains(part) == true)
    }
}

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
