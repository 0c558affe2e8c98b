import KubernetesModel
import LanyardCore
import Testing

@Suite("Comparison of CRDs")
struct DefinitionComparisonTests {
    private static let rule: JSONValue = ["rule": "self != ''", "message": "must not be empty"]

    /// The schema of a text in a list.
    private static let text: JSONValue = [
        "type": "string", "description": "A text.", "maxLength": 8, "x-kubernetes-validations": [rule],
    ]

    private static let spec: JSONValue = [
        "type": "object", "required": ["texts"],
        "properties": [
            "texts": ["type": "array", "maxItems": 4, "items": text],
            "labels": ["type": "object", "additionalProperties": ["type": "string", "maxLength": 63]],
            "policy": ["type": "string", "enum": ["Correct", "Report"]],
            // A field of this name is no description.
            "description": ["type": "string"],
        ],
    ]

    private static func definition(_ spec: JSONValue, _ change: (inout JSONValue) -> Void = { _ in }) -> JSONValue {
        var version: JSONValue = [
            "name": "v1alpha1", "served": true, "storage": true, "subresources": ["status": [:]],
            "additionalPrinterColumns": [["name": "Ready", "type": "string", "jsonPath": ".status.ready"]],
        ]
        version["schema"] = ["openAPIV3Schema": ["type": "object", "properties": ["spec": spec]]]
        change(&version)
        return ["metadata": ["name": "things.lanyard.dev"], "spec": ["group": "lanyard.dev", "versions": [version]]]
    }

    private static func changed(_ name: String, _ change: (inout JSONValue) -> Void) -> JSONValue {
        var spec = Self.spec
        var properties = spec["properties"] ?? [:]
        var member = properties[name] ?? [:]
        change(&member)
        properties[name] = member
        spec["properties"] = properties
        return spec
    }

    @Test("what a server adds, and what a newer version has besides, is no difference")
    func current() {
        let own = Self.definition(Self.spec)
        #expect(DefinitionComparison.difference(of: own, from: own) == nil)
        var newer = Self.definition(Self.changed("more") { $0 = ["type": "string"] }) { version in
            let (columns, new): ([JSONValue], JSONValue) = (
                version["additionalPrinterColumns"]?.array ?? [], ["name": "New", "jsonPath": ".status.new"]
            )
            version["additionalPrinterColumns"] = .array(columns + [new])
        }
        newer["spec"]?["conversion"] = ["strategy": "None"]
        newer["status"] = ["acceptedNames": [:]]
        #expect(DefinitionComparison.difference(of: newer, from: own) == nil)
        // Now ours is the older one.
        #expect(DefinitionComparison.difference(of: own, from: newer) == "v1alpha1 column New")
        let choice = Self.definition(Self.changed("policy") { $0["enum"] = ["Report", "Ignore", "Correct"] })
        #expect(DefinitionComparison.difference(of: choice, from: own) == nil)
    }

    @Test("descriptions are no difference, but a field of that name is")
    func descriptions() {
        let own = Self.definition(Self.spec)
        let reworded = Self.definition(
            Self.changed("texts") { member in
                var text = Self.text
                text["description"] = "Other words."
                member["items"] = text
            })
        #expect(DefinitionComparison.difference(of: reworded, from: own) == nil)
        var spec = Self.spec
        spec["properties"]?["description"] = nil
        let without = Self.definition(spec)
        #expect(DefinitionComparison.difference(of: without, from: own) == "v1alpha1 spec.description")
    }

    @Test("servers that drop all rules are not behind, others that lack one are")
    func rules() {
        let own = Self.definition(Self.spec)
        let none = Self.definition(
            Self.changed("texts") { $0["items"] = ["type": "string", "maxLength": 8] })
        #expect(DefinitionComparison.difference(of: none, from: own) == nil)
        let other = Self.definition(
            Self.changed("texts") { member in
                var text = Self.text
                text["x-kubernetes-validations"] = [["rule": "self != 'x'", "message": "no x"]]
                member["items"] = text
            })
        #expect(DefinitionComparison.difference(of: other, from: own) == "v1alpha1 spec.texts[]")
        let more = Self.definition(
            Self.changed("texts") { member in
                var text = Self.text
                text["x-kubernetes-validations"] = [["rule": "self != 'x'", "message": "no x"], Self.rule]
                member["items"] = text
            })
        #expect(DefinitionComparison.difference(of: more, from: own) == "v1alpha1 spec.texts[]")
        #expect(DefinitionComparison.difference(of: own, from: more) == "v1alpha1 spec.texts[]")
        let same = Self.definition(
            Self.changed("texts") { member in
                var text = Self.text
                text["x-kubernetes-validations"] = [Self.rule, ["rule": "self != 'x'", "message": "no x"]]
                member["items"] = text
            })
        #expect(DefinitionComparison.difference(of: same, from: more) == nil, "they hold in any order")
    }

    /// A schema, and the same with something that restricts objects more.
    static let pairs: [(laxer: JSONValue, stricter: JSONValue)] = [
        (["type": "string"], ["type": "string", "maxLength": 8]),
        (["type": "string", "maxLength": 9], ["type": "string", "maxLength": 8]),
        (["type": "string"], ["type": "string", "enum": ["Correct"]]),
        (["type": "string"], ["type": "string", "pattern": "^a$"]),
        (["type": "object"], ["type": "object", "required": ["a"]]),
        (["type": "object", "required": ["a"]], ["type": "object", "required": ["b", "a"]]),
        (["type": "integer", "nullable": true], ["type": "integer"]),
        (["type": "object", "x-kubernetes-preserve-unknown-fields": true], ["type": "object"]),
        (["items": ["type": "string"]], ["items": ["type": "string", "minLength": 1]]),
        (
            ["type": "object", "additionalProperties": ["type": "string"]],
            ["type": "object", "additionalProperties": ["type": "string", "maxLength": 1]]
        ),
        (["type": "array", "x-kubernetes-list-type": "atomic"], ["type": "array", "x-kubernetes-list-type": "set"]),
    ]

    @Test("one that allows less than ours is not ours, and neither is one that allows more", arguments: pairs)
    func bounds(laxer: JSONValue, stricter: JSONValue) throws {
        let (left, right) = (
            Self.definition(Self.changed("policy") { $0 = laxer }),
            Self.definition(Self.changed("policy") { $0 = stricter })
        )
        for (stored, own) in [(left, right), (right, left)] {
            let place = try #require(DefinitionComparison.difference(of: stored, from: own))
            #expect(place.hasPrefix("v1alpha1 spec.policy"))
        }
    }

    @Test(
        "what a keyword means that is not there may be written out",
        arguments: [
            ("nullable", false), ("minLength", 0), ("minItems", 0), ("x-kubernetes-map-type", "granular"),
            ("x-kubernetes-list-type", "atomic"), ("x-kubernetes-preserve-unknown-fields", false), ("title", "Policy"),
            ("example", "Report"), ("required", []),
        ] as [(String, JSONValue)])
    func defaults(keyword: String, value: JSONValue) {
        let own = Self.definition(Self.spec)
        let stored = Self.definition(Self.changed("policy") { $0[keyword] = value })
        #expect(DefinitionComparison.difference(of: stored, from: own) == nil)
        #expect(DefinitionComparison.difference(of: own, from: stored) == nil)
    }

    @Test("the first place that differs is named")
    func places() {
        let own = Self.definition(Self.spec)
        let cases: [(stored: JSONValue, place: String)] = [
            (Self.definition(Self.spec) { $0["name"] = "v1" }, "v1alpha1"),
            (Self.definition(Self.spec) { $0["served"] = false }, "v1alpha1"),
            (Self.definition(Self.spec) { $0["subresources"] = nil }, "v1alpha1 status"),
            (Self.definition(Self.spec) { $0["additionalPrinterColumns"] = nil }, "v1alpha1 column Ready"),
            (Self.definition(Self.spec) { $0["schema"] = nil }, "v1alpha1 schema"),
            (Self.definition(["type": "object"]), "v1alpha1 spec.description"),
            (Self.definition(Self.changed("texts") { $0["maxItems"] = 2 }), "v1alpha1 spec.texts"),
            (Self.definition(Self.changed("texts") { $0["items"] = nil }), "v1alpha1 spec.texts[]"),
            (
                Self.definition(Self.changed("labels") { $0["additionalProperties"] = ["type": "string"] }),
                "v1alpha1 spec.labels{}"
            ),
            (Self.definition(Self.changed("policy") { $0["enum"] = ["Correct"] }), "v1alpha1 spec.policy"),
            (["spec": ["versions": []]], "v1alpha1"), (.null, "v1alpha1"),
        ]
        for (stored, place) in cases {
            #expect(DefinitionComparison.difference(of: stored, from: own) == place)
        }
    }
}
