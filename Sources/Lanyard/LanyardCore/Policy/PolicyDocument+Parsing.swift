import KubernetesModel

extension PolicyDocument {
    /// Reads a policy text, HCL or JSON, for comparison. What Lanyard never writes is remembered as a difference.
    ///
    /// - Throws: `PolicyParseError` for anything that is not understood to the last character.
    package init(parsing text: String) throws(PolicyParseError) {
        var rules: [PolicyRule] = []
        var firstByPath: [String: PolicyRule] = [:]
        var foreignKeys: [ForeignKey] = []
        for member in try PolicyTextParser.members(of: text) where member.key != "name" {
            guard member.key == "path", member.labels.count == 1, let label = member.labels.first,
                let stanza = member.value.members
            else { throw PolicyParseError(line: 1, message: "a block that is no path with one label") }
            // The server strips one leading slash.
            let path = label.hasPrefix("/") ? String(label.dropFirst()) : label
            let (rule, keys) = Self.rule(path: path, members: stanza)
            if let first = firstByPath[path] {
                let isAlike = first.hasSameConditions(as: rule)
                if !isAlike { foreignKeys.append(ForeignKey(path: path, key: "stanzas with different conditions")) }
            } else {
                firstByPath[path] = rule
            }
            rules.append(rule)
            foreignKeys += keys.map { ForeignKey(path: path, key: $0.key, value: $0.value.string) }
        }
        self.init(merging: rules, foreignKeys: foreignKeys)
    }

    private static func rule(
        path: String, members: [PolicyTextValue.Member]
    ) -> (PolicyRule, foreignKeys: [PolicyTextValue.Member]) {
        var rule = PolicyRule(path: path, capabilities: [])
        var foreignKeys: [PolicyTextValue.Member] = []
        var seen: Set<String> = []
        for member in members {
            // Servers differ in what they make of a key that stands twice; only capabilities surely add up.
            let isRepeated = !seen.insert(member.key).inserted && member.key != "capabilities"
            let isUnderstood = member.labels.isEmpty && !isRepeated && read(member, into: &rule)
            if !isUnderstood { foreignKeys.append(member) }
        }
        return (rule.canonical, foreignKeys)
    }

    private static func read(_ member: PolicyTextValue.Member, into rule: inout PolicyRule) -> Bool {
        switch member.key {
        case "comment":
            return true
        case "capabilities":
            guard let names = member.value.strings else { return false }
            let capabilities = names.compactMap(Capability.init(rawValue:))
            rule.capabilities.formUnion(capabilities)
            return capabilities.count == names.count
        case "allowed_parameters":
            return parameters(member.value).map { rule.allowedParameters = $0 } != nil
        case "denied_parameters":
            return parameters(member.value).map { rule.deniedParameters = $0 } != nil
        case "required_parameters":
            return member.value.strings.map { rule.requiredParameters = Set($0) } != nil
        case "min_wrapping_ttl":
            return seconds(member.value).map { rule.minWrappingTTL = $0 } != nil
        case "max_wrapping_ttl":
            return seconds(member.value).map { rule.maxWrappingTTL = $0 } != nil
        default:
            return false
        }
    }

    private static func parameters(_ value: PolicyTextValue) -> [String: [String]]? {
        guard let members = value.members else { return nil }
        var parameters: [String: [String]] = [:]
        for member in members {
            guard member.labels.isEmpty, let values = member.value.strings, parameters[member.key] == nil else {
                return nil
            }
            parameters[member.key] = values
        }
        return parameters
    }

    private static func seconds(_ value: PolicyTextValue) -> Int? {
        switch value {
        case .string(let text), .number(let text): VaultDuration.seconds(.string(text))
        default: nil
        }
    }
}

/// Why a policy text could not be understood. The text itself is never quoted.
package struct PolicyParseError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The line, from 1.
    package let line: Int
    /// What was wrong there.
    package let message: String

    package var description: String { "line \(line): \(message)" }
}
