import KubernetesModel
import LanyardCore
import TestSupport

/// Draws policy documents, and paths that their rules may or may not match.
struct PolicyGenerator {
    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    /// One to six rules over few names, so that they overlap.
    mutating func document() -> PolicyDocument {
        var rules: [PolicyRule] = []
        for _ in 0..<(1 + below(6)) {
            let path = path()
            guard VaultPathRule.violation(inPolicyPath: path) == nil, !rules.contains(where: { $0.path == path }) else {
                continue
            }
            rules.append(rule(path))
        }
        return PolicyDocument(merging: rules)
    }

    /// Paths that match patterns in every way, nearly match them, or do not.
    mutating func paths(near document: PolicyDocument) -> [String] {
        var paths: Set<String> = []
        for rule in document.rules {
            let filled = rule.path.replacing("+", with: pick(Self.words)).replacing("*", with: pick(Self.words))
            paths.formUnion([filled, "\(filled)/\(pick(Self.words))", "\(filled)x", String(filled.dropLast())])
            paths.insert(filled.split(separator: "/").dropLast().joined(separator: "/") + "/")
        }
        for _ in 0..<10 { paths.insert(path().replacing("*", with: "").replacing("+", with: "b")) }
        return paths.filter { !$0.isEmpty && !$0.contains("//") && !$0.hasPrefix("/") }.sorted()
    }

    /// The JSON form of a document.
    static func json(of document: PolicyDocument) -> JSONValue {
        var paths: [String: JSONValue] = [:]
        for rule in document.rules {
            var stanza: [String: JSONValue] = ["capabilities": .array(rule.capabilities.names.map(JSONValue.string))]
            let parameters = [
                ("allowed_parameters", rule.allowedParameters), ("denied_parameters", rule.deniedParameters),
            ]
            for (key, values) in parameters where !values.isEmpty {
                stanza[key] = .object(values.mapValues { .array($0.map(JSONValue.string)) })
            }
            if !rule.requiredParameters.isEmpty {
                stanza["required_parameters"] = .array(rule.requiredParameters.sorted().map(JSONValue.string))
            }
            if let ttl = rule.minWrappingTTL { stanza["min_wrapping_ttl"] = .string("\(ttl)s") }
            if let ttl = rule.maxWrappingTTL { stanza["max_wrapping_ttl"] = .string("\(ttl)s") }
            paths[rule.path] = .object(stanza)
        }
        return ["path": .object(paths)]
    }

    private static let words = ["a", "b", "data", "a-b", "A", "x.y", "a b", "$a", "{", "}", "$", "#", "//"]

    private mutating func path() -> String {
        var segments = [pick(["secret", "kv", "team"])]
        for _ in 0..<(1 + below(3)) { segments.append(below(4) == 0 ? "+" : pick(Self.words)) }
        if below(2) == 0 { segments[segments.count - 1] = below(2) == 0 ? "*" : "a*" }
        return segments.joined(separator: "/")
    }

    private mutating func rule(_ path: String) -> PolicyRule {
        var capabilities: Set<Capability> = []
        for _ in 0..<(1 + below(3)) { capabilities.insert(pick([.create, .read, .update, .patch, .delete, .list])) }
        if below(10) == 0 { capabilities.insert(.deny) }
        var rule = PolicyRule(path: path, capabilities: capabilities)
        let texts = ["a", "*", "x*", "\\", "\"", "a\"b", "$x", "#", "C:\\x", "//"]
        if below(4) == 0 { rule.allowedParameters = [pick(["ttl", "name", "*"]): below(2) == 0 ? [] : [pick(texts)]] }
        if below(5) == 0 { rule.deniedParameters = [pick(["force", "name"]): [pick(texts), pick(texts)]] }
        if below(6) == 0 { rule.requiredParameters = [pick(["ttl", "name"])] }
        if below(5) == 0 { rule.minWrappingTTL = 60 }
        if below(5) == 0 { rule.maxWrappingTTL = 3600 }
        return rule
    }

    private mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

    private mutating func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }
}
