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

    /// What the driver of a database says of the way to it, and how that is shown.
    private static let ways = [
        ("connection refused", "the database refuses the connection"),
        ("no such host", "the name of the database's host is not known"),
        ("no route to host", "there is no way to the database"),
        ("network is unreachable", "there is no way to the database"),
        ("i/o timeout", "the database does not answer in time"),
        ("context deadline exceeded", "the database does not answer in time"),
        ("x509: ", "the certificate of the database is not accepted"),
        ("server refused TLS connection", "the database does not speak TLS"),
        ("tls: ", "TLS to the database cannot be established"),
        ("unexpected EOF", "the database closed the connection"),
        ("connection reset by peer", "the database closed the connection"),
    ]

    /// A short text for the first error: its first line, cut, without what looks like an address or a secret.
    package static func text(of errors: [String], on path: VaultPath) -> String {
        guard let text = errors.first, let line = firstLine(of: text) else { return "the server refuses the request" }
        // Where leases are revoked on the way, the engine's text is within the server's, with the lease's ID.
        if path.isInSecretsEngine || line.contains("failed to revoke") { return engineText(of: text) }
        return cut(redacted(line))
    }

    /// A short text for the first warning, by the same rules.
    package static func warning(of warnings: [String], on path: VaultPath) -> String {
        guard let text = warnings.first, let line = firstLine(of: text) else { return "it does not say of what" }
        return path.isInSecretsEngine ? engineText(of: text) : cut(redacted(line))
    }

    /// Constants alone: what the engine says, what the database does, or how far the way to it goes.
    private static func engineText(of text: String) -> String {
        let cause = DatabaseErrorCode(in: text)?.text ?? ways.first { text.contains($0.0) }?.1
        let known = [engineTexts.first { text.contains($0) }, cause].compactMap { $0 }
        return (["the secrets engine refuses the request"] + known).joined(separator: ": ")
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
