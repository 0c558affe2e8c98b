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
