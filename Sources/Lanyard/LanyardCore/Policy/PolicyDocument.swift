/// The rules of a policy, one for each path, sorted by path.
package struct PolicyDocument: Equatable, Sendable {
    /// The rules, in canonical form.
    package let rules: [PolicyRule]
    /// What a parsed text says beyond rules (`control_group`, `expiration`, …), as `path` and key; never written.
    let foreignKeys: [ForeignKey]

    /// A key of a stanza that Lanyard does not write, or a form of one whose effect depends on the server.
    struct ForeignKey: Equatable, Sendable {
        let path: String
        let key: String
        /// What it is set to, if that is a text.
        var value: String?
    }

    /// Merges rules into one for each path, as the server does with stanzas of one path. Paths are ASCII:
    /// `VaultPathRule` and the parser let no other through.
    package init(merging rules: [PolicyRule]) {
        self.init(merging: rules, foreignKeys: [])
    }

    init(merging rules: [PolicyRule], foreignKeys: [ForeignKey]) {
        var byPath: [String: PolicyRule] = [:]
        for rule in rules {
            let canonical = rule.canonical
            byPath[rule.path] = byPath[rule.path]?.merged(with: canonical) ?? canonical
        }
        self.rules = byPath.values.sorted { $0.path < $1.path }
        self.foreignKeys = foreignKeys
    }

    /// In what another document differs from this one in effect, sorted by path.
    ///
    /// - Parameter actual: what there is.
    package func differences(from actual: PolicyDocument) -> [FieldDifference] {
        let there = Dictionary(actual.rules.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        let wanted = Set(rules.map(\.path))
        let missingOrChanged = rules.flatMap { rule in
            there[rule.path].map { Self.differences(wanted: rule, actual: $0) }
                ?? [Self.difference(rule.path, "is missing")]
        }
        let extra = actual.rules.filter { !wanted.contains($0.path) }.map {
            Self.difference($0.path, "is not wanted, has \(FieldDifference.display($0.capabilities.names))")
        }
        let foreign = actual.foreignKeys.map { Self.difference($0.path, "has \(FieldDifference.display($0.key))") }
        return (missingOrChanged + extra + foreign).sorted()
    }

    private static func differences(wanted: PolicyRule, actual: PolicyRule) -> [FieldDifference] {
        var found: [FieldDifference] = []
        if wanted.capabilities != actual.capabilities {
            let (there, want) = (actual.capabilities.names, wanted.capabilities.names)
            found.append(
                difference(
                    wanted.path,
                    "capabilities \(FieldDifference.display(there)), wanted \(FieldDifference.display(want))"))
        }
        let conditions: [(String, Bool)] = [
            ("allowed_parameters", wanted.allowedParameters == actual.allowedParameters),
            ("denied_parameters", wanted.deniedParameters == actual.deniedParameters),
            ("required_parameters", wanted.requiredParameters == actual.requiredParameters),
            ("min_wrapping_ttl", wanted.minWrappingTTL == actual.minWrappingTTL),
            ("max_wrapping_ttl", wanted.maxWrappingTTL == actual.maxWrappingTTL),
        ]
        return found
            + conditions.filter { !$0.1 }.map { difference(wanted.path, "\($0.0) differs") }
    }

    private static func difference(_ path: String, _ summary: String) -> FieldDifference {
        FieldDifference(field: "\(FieldDifference.rulePrefix)\(FieldDifference.display(path))\"", summary: summary)
    }
}

extension PolicyDocument {
    /// The canonical text: the comment, then one stanza for each path, each key once.
    ///
    /// - Parameter comment: the first line; whatever is not printable ASCII in it is replaced, so that it stays one.
    package func hcl(comment: String?) -> String {
        var text = ""
        text.reserveCapacity(128 * (rules.count + 1))
        if let comment {
            text += "# "
            if comment.utf8.allSatisfy(Self.isPrintable) {
                text += comment
            } else {
                text += String(comment.unicodeScalars.map { (0x20...0x7E).contains($0.value) ? Character($0) : "?" })
            }
            text += "\n"
        }
        for rule in rules {
            text += "path "
            Self.quote(rule.path, into: &text)
            text += " {\n"
            Self.add("  capabilities = ", rule.capabilities.names, to: &text)
            Self.add("allowed_parameters", rule.allowedParameters, to: &text)
            Self.add("denied_parameters", rule.deniedParameters, to: &text)
            if !rule.requiredParameters.isEmpty {
                Self.add("  required_parameters = ", rule.requiredParameters.sorted(), to: &text)
            }
            if let ttl = rule.minWrappingTTL { text += "  min_wrapping_ttl = \"\(ttl)s\"\n" }
            if let ttl = rule.maxWrappingTTL { text += "  max_wrapping_ttl = \"\(ttl)s\"\n" }
            text += "}\n"
        }
        return text
    }

    private static func add(_ key: String, _ parameters: [String: [String]], to text: inout String) {
        guard !parameters.isEmpty else { return }
        text += "  \(key) = {\n"
        for (name, values) in parameters.sorted(by: { $0.key < $1.key }) {
            text += "    "
            quote(name, into: &text)
            add(" = ", values, to: &text)
        }
        text += "  }\n"
    }

    /// A line that ends with a list.
    private static func add(_ beginning: String, _ values: [String], to text: inout String) {
        text += beginning
        text += "["
        for (index, value) in values.enumerated() {
            if index > 0 { text += ", " }
            quote(value, into: &text)
        }
        text += "]\n"
    }

    /// A string of HCL version 1. `${` is broken up by an escape, because up to the matching brace a quotation mark
    /// would not end the string (threat T5).
    private static func quote(_ value: String, into text: inout String) {
        text += "\""
        defer { text += "\"" }
        // What nearly every string is.
        if value.utf8.allSatisfy({ isPrintable($0) && $0 != 0x22 && $0 != 0x5C && $0 != UInt8(ascii: "$") }) {
            text += value
            return
        }
        let scalars = Array(value.unicodeScalars)
        for (index, scalar) in scalars.enumerated() {
            let opensInterpolation = scalar == "$" && index + 1 < scalars.count && scalars[index + 1] == "{"
            switch scalar.value {
            case _ where opensInterpolation: text += "\\u0024"
            case 0x22, 0x5C: text += "\\\(scalar)"
            case 0x20...0x7E: text.unicodeScalars.append(scalar)
            case 0...0xFFFF: text += "\\u\(hexadecimal(scalar.value, digits: 4))"
            default: text += "\\U\(hexadecimal(scalar.value, digits: 8))"
            }
        }
    }

    private static func isPrintable(_ byte: UInt8) -> Bool { (0x20...0x7E).contains(byte) }

    private static func hexadecimal(_ value: UInt32, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
