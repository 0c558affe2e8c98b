import LanyardAPI
import LanyardCore
import Testing

@Suite("PlaceholderTemplate")
struct PlaceholderTemplateTests {
    private func values() throws -> TemplateValues {
        TemplateValues(
            namespace: "shop", name: "web", serviceAccount: "web-sa", cluster: "prod",
            trustDomain: try #require(TrustDomain("example.org")))
    }

    @Test(
        "every placeholder stands for its value, wherever it is",
        arguments: [
            ("{namespace}", "shop"), ("{name}", "web"), ("{serviceAccount}", "web-sa"), ("{cluster}", "prod"),
            ("{trustDomain}", "example.org"), ("", ""), ("plain", "plain"), ("a{name}b{name}c", "awebbwebc"),
            ("{namespace}{name}", "shopweb"), ("$name {name}", "$name web"),
        ])
    func rendering(template: String, expected: String) throws {
        #expect(try PlaceholderTemplate(template).rendered(with: values()) == expected)
    }

    @Test(
        "a brace without its counterpart is refused",
        arguments: ["{", "}", "{name", "name}", "a}b{", "{name}}", "/a/{name}/{"])
    func unbalanced(template: String) {
        #expect(throws: TemplateError("has an unbalanced brace")) { try PlaceholderTemplate(template) }
    }

    @Test(
        "a placeholder outside of the closed set is refused and named",
        arguments: ["{}", "{Name}", "{ name }", "{pods}", "{{name}", "${env}", "{uid}", "{podlabel:a}", "{nodeUID}"])
    func unknown(template: String) throws {
        let error = try #require(throws: TemplateError.self) { try PlaceholderTemplate(template) }
        #expect(error.description.hasPrefix("has the unknown placeholder \"{"))
    }

    @Test(
        "placeholders of other placements are known, and said to need one",
        arguments: [
            ("{node}", TemplateVocabulary.cluster, "which needs placement Node or Pod"),
            ("{pod}", .cluster, "which needs placement Pod"), ("{pod}", .node, "which needs placement Pod"),
            ("/a/{podLabel:app}", .cluster, "which needs placement Pod"),
            ("/a/{podLabel:app}", .node, "which needs placement Pod"),
            ("{podLabel:}", .pod, "what is no label key"), ("{podLabel:a b}", .pod, "what is no label key"),
            ("{nodeUID}", .pod, "unknown placeholder"), ("{pod}", .agent, "which needs placement Pod"),
            ("{namespace}", .agent, "known are {cluster}, {trustDomain}, {node} and {nodeUID}"),
        ])
    func placements(template: String, vocabulary: TemplateVocabulary, expected: String) throws {
        let error = try #require(throws: TemplateError.self) { try PlaceholderTemplate(template, vocabulary) }
        #expect(error.description.contains(expected))
    }

    @Test(
        "node, pod and its labels stand for what they are",
        arguments: [
            ("{node}", TemplateVocabulary.node, "worker-1"), ("{pod}.{node}", .pod, "web-0.worker-1"),
            ("{podLabel:app.kubernetes.io/name}", .pod, "front"), ("{podLabel:empty}", .pod, ""),
            ("/{cluster}/{nodeUID}/{node}", .agent, "/prod/node-uid/worker-1"),
        ])
    func placed(template: String, vocabulary: TemplateVocabulary, expected: String) throws {
        var values = try values()
        values.node = NodeFacts(name: "worker-1", uid: "node-uid")
        values.pod = PodFacts(
            name: "web-0", uid: "pod-uid", nodeName: "worker-1",
            labels: ["app.kubernetes.io/name": "front", "empty": ""])
        #expect(try PlaceholderTemplate(template, vocabulary).rendered(with: values) == expected)
    }

    @Test("a label that the pod lacks is no empty text, and is named")
    func missingLabel() throws {
        var values = try values()
        values.pod = PodFacts(name: "web-0", uid: "u", nodeName: "n")
        let template = try PlaceholderTemplate("{podLabel:app}", .pod)
        #expect(throws: TemplateError("names the label app, which the pod lacks")) {
            try template.rendered(with: values)
        }
    }

    @Test(
        "a path, or a full ID of the trust domain, becomes a SPIFFE ID",
        arguments: [
            ("/ns/{namespace}/sa/{serviceAccount}", "spiffe://example.org/ns/shop/sa/web-sa"),
            ("spiffe://example.org/a", "spiffe://example.org/a"),
            ("spiffe://{trustDomain}/{cluster}/{name}", "spiffe://example.org/prod/web"),
            ("/spires/a", "spiffe://example.org/spires/a"),
        ])
    func spiffeID(template: String, expected: String) throws {
        #expect(try PlaceholderTemplate(template).spiffeID(with: values()).description == expected)
    }

    @Test(
        "what is no workload's SPIFFE ID is refused with the reason",
        arguments: [
            ("ns/web", "must be a path that starts with /"), ("", "must be a path that starts with /"),
            ("https://example.org/a", "must be a path"), ("SPIFFE://example.org/a", "must be a path"),
            ("spiffe://example.org", "must have a path"),
            ("spiffe://other.org/a", "must be in the trust domain example.org"),
            ("spiffe://Example.org/a", "no valid trust domain"), ("spiffe://example.org:80/a", "no valid trust domain"),
            ("/", "empty path segment"), ("/a/", "empty path segment"), ("/a//b", "empty path segment"),
            ("/a/../b", "segment . or .."), ("/a/./b", "segment . or .."), ("/a b", "may only have"),
            ("/%2e%2e", "may only have"), ("/a?b", "may only have"), ("/é", "may only have"),
            ("/spire", "must not be under /spire"), ("/spire/agent/x", "must not be under /spire"),
            ("spiffe://example.org/spire/server", "must not be under /spire"),
        ])
    func badIDs(template: String, expected: String) throws {
        let values = try values()
        let error = try #require(throws: TemplateError.self) {
            try PlaceholderTemplate(template).spiffeID(with: values)
        }
        #expect(error.description.contains(expected))
    }
}
