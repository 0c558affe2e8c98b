/// The little of a server's error text that may be shown: statuses and events are read by tenants, and servers echo
/// input, addresses and connection strings (CVE-2025-4166, CVE-2025-52893).
package enum VaultErrorSummary {
    /// The longest text that is shown, in bytes of UTF-8.
    private static let limit = 200

    /// Constants that are shown for a secrets engine's errors, whose own text may quote statements and connections.
    private static let engineTexts = [
        "database name is required", "Role and Static Role names must be unique", "invalid credential_type",
        "credential_config validation failed", "cannot update static account username", "username is required",
        "rotation_period", "error converting input", "error verifying connection",
        "error creating database object", "empty plugin name", "failed to find entry for connection",
        "issuer name already in use", "key name already in use", "unknown key type",
        "value must be less than \"max_ttl\"", "invalid URL found in Authority Information Access",
    ]

    /// A short text for the first error: its first line, cut, without what looks like an address or a secret.
    package static func text(of errors: [String], on path: VaultPath) -> String {
        guard let line = errors.first.flatMap(firstLine(of:)) else { return "the server refuses the request" }
        if path.isInSecretsEngine {
            guard let known = engineTexts.first(where: { line.contains($0) }) else {
                return "the secrets engine refuses the request"
            }
            return "the secrets engine refuses the request: \(known)"
        }
        return cut(redacted(line))
    }

    /// The first line that says something: lists of errors begin with "1 error occurred:" and continue with `* text`.
    private static func firstLine(of text: String) -> String? {
        for line in text.split(whereSeparator: \.isNewline) {
            var words = line.drop { $0.isWhitespace || $0 == "*" }
            while words.last?.isWhitespace == true { words.removeLast() }
            if words.isEmpty || words.hasSuffix("error occurred:") || words.hasSuffix("errors occurred:") { continue }
            return String(words)
        }
        return nil
    }

    /// Replaces words that look like addresses, cuts everything from the first that looks like a secret.
    static func redacted(_ line: String) -> String {
        var result = ""
        var word = ""
        // A quoted key of JSON is to be seen together with its colon.
        for character in printable(line).replacing("\":", with: ":") + " " {
            if character.isWhitespace || "\"'`()[]{}<>,;".contains(character) {
                switch ErrorWord(word).kind {
                case .plain: result += word
                case .address: result += "[address]"
                case .secret:
                    return result + "[redacted]"
                }
                word = ""
                result.append(character)
            } else {
                word.append(character)
            }
        }
        while result.last == " " { result.removeLast() }
        return result
    }

    /// Control and format characters become blanks, so that nothing steers a terminal or reorders a line.
    private static func printable(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned:
                result.append(" ")
            default:
                result.append(scalar)
            }
        }
        return String(result)
    }

    private static func cut(_ text: String) -> String {
        guard text.utf8.count > limit else { return text }
        var result = ""
        var count = 0
        for character in text {
            count += character.utf8.count
            if count > limit - 3 { break }
            result.append(character)
        }
        return result + "…"
    }
}
