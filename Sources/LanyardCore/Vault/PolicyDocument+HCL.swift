extension PolicyDocument {
    /// The canonical text: the comment, then one stanza for each path, each key once.
    ///
    /// - Parameter comment: the first line; whatever is not printable ASCII in it is replaced, so that it stays one.
    package func hcl(comment: String?) -> String {
        var lines: [String] = []
        if let comment {
            let safe = comment.unicodeScalars.map { (0x20...0x7E).contains($0.value) ? Character($0) : "?" }
            lines.append("# \(String(safe))")
        }
        for rule in rules {
            lines.append("path \(Self.quoted(rule.path)) {")
            lines.append("  capabilities = \(Self.list(rule.capabilities.names))")
            lines += Self.block("allowed_parameters", rule.allowedParameters)
            lines += Self.block("denied_parameters", rule.deniedParameters)
            if !rule.requiredParameters.isEmpty {
                lines.append("  required_parameters = \(Self.list(rule.requiredParameters.sorted()))")
            }
            if let ttl = rule.minWrappingTTL { lines.append("  min_wrapping_ttl = \"\(ttl)s\"") }
            if let ttl = rule.maxWrappingTTL { lines.append("  max_wrapping_ttl = \"\(ttl)s\"") }
            lines.append("}")
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func block(_ key: String, _ parameters: [String: [String]]) -> [String] {
        guard !parameters.isEmpty else { return [] }
        let members = parameters.sorted { $0.key < $1.key }.map { "    \(quoted($0.key)) = \(list($0.value))" }
        return ["  \(key) = {"] + members + ["  }"]
    }

    private static func list(_ values: [String]) -> String {
        "[\(values.map(quoted).joined(separator: ", "))]"
    }

    /// A string of HCL version 1. `${` is broken up by an escape, because up to the matching brace a quotation mark
    /// would not end the string (threat T5).
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        let scalars = Array(text.unicodeScalars)
        for (index, scalar) in scalars.enumerated() {
            let opensInterpolation = scalar == "$" && index + 1 < scalars.count && scalars[index + 1] == "{"
            switch scalar.value {
            case _ where opensInterpolation: quoted += "\\u0024"
            case 0x22, 0x5C: quoted += "\\\(scalar)"
            case 0x20...0x7E: quoted.unicodeScalars.append(scalar)
            case 0...0xFFFF: quoted += "\\u\(hexadecimal(scalar.value, digits: 4))"
            default: quoted += "\\U\(hexadecimal(scalar.value, digits: 8))"
            }
        }
        return quoted + "\""
    }

    private static func hexadecimal(_ value: UInt32, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
