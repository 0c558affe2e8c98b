import LanyardAPI
import LanyardCore
import Testing

@Suite("NamespaceMatch")
struct NamespaceMatchTests {
    @Test(
        "names match exactly, or by their beginning",
        arguments: [
            ("shop", "shop", true), ("shop", "shop-2", false), ("shop*", "shop-2", true), ("shop-*", "shop", false),
            ("*", "anything", true), ("Shop", "shop", false),
        ])
    func names(pattern: String, namespace: String, matches: Bool) {
        let match = NamespaceMatch(.init(names: [pattern]), namespace: namespace, labels: nil)
        #expect(match == (matches ? .matches : .differs))
    }

    @Test(
        "expressions mean what they mean in Kubernetes",
        arguments: [
            ("In", ["a", "b"], ["team": "b"], true), ("In", ["a"], ["team": "b"], false), ("In", ["a"], [:], false),
            ("NotIn", ["a"], ["team": "b"], true), ("NotIn", ["a"], ["team": "a"], false), ("NotIn", ["a"], [:], true),
            ("Exists", [], ["team": ""], true), ("Exists", [], [:], false),
            ("DoesNotExist", [], [:], true), ("DoesNotExist", [], ["team": "a"], false),
            ("Gt", ["1"], ["team": "2"], false),
        ] as [(String, [String], [String: String], Bool)])
    func expressions(operator name: String, values: [String], labels: [String: String], matches: Bool) {
        let selector = NamespaceSelector(matchExpressions: [.init(key: "team", operator: name, values: values)])
        let match = NamespaceMatch(.init(selector: selector), namespace: "shop", labels: labels)
        #expect(match == (matches ? .matches : .differs))
    }

    @Test("all labels must match, an empty selector selects nothing, and either names or selector suffice")
    func labels() {
        let labels = ["team": "shop", "tier": "1"]
        func match(_ wanted: [String: String], names: [String] = []) -> NamespaceMatch {
            NamespaceMatch(
                .init(names: names, selector: .init(matchLabels: wanted)), namespace: "shop", labels: labels)
        }
        #expect(match(["team": "shop", "tier": "1"]) == .matches)
        #expect(match(["team": "shop", "tier": "2"]) == .differs)
        #expect(match([:]) == .differs)
        #expect(match([:], names: ["shop"]) == .matches)
        #expect(NamespaceMatch(nil, namespace: "shop", labels: labels) == .differs)
    }
}
