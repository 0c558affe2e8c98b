/// What can be said of a connection string without knowing the database.
enum ConnectionURL {
    private static let username = "{{username}}"
    private static let password = "{{password}}"

    /// What is wrong with it; nil when nothing is. The credentials come from a Secret, so that both placeholders must be
    /// there and no password beside them.
    ///
    /// - Parameter needsPassword: whether the user has a password, and no key in its place.
    static func violation(in text: String, needsPassword: Bool) -> String? {
        guard !text.isEmpty, text.utf8.count <= 2048, text.isPrintableASCII, text == text.trimmed else {
            return "must be 1 to 2048 printable ASCII characters without blanks at its ends"
        }
        guard !needsPassword || (text.contains(username) && text.contains(password)) else {
            return "must contain \(username) and \(password), which stand for the credentials of the Secret"
        }
        let written = passwords(in: text).contains { !$0.isEmpty && $0 != password }
        return written ? "must have \(password) in place of a password: a resource is no place for a secret" : nil
    }

    /// The text without its passwords, which servers show as `xxxxx`.
    static func masked(_ text: String) -> String {
        passwords(in: text).filter { !$0.isEmpty }.reduce(text) { masked, password in
            masked.replacing(":\(password)@", with: ":@").replacing("password=\(password)", with: "password=")
        }
    }

    /// What stands where a password would: between `:` and `@`, and after `password=`.
    private static func passwords(in text: String) -> [Substring] {
        var found: [Substring] = []
        let start = text.firstRange(of: "://")?.upperBound ?? text.startIndex
        if let end = text[start...].lastIndex(of: "@"), let colon = text[start..<end].firstIndex(of: ":") {
            found.append(text[text.index(after: colon)..<end])
        }
        for name in ["password=", "pwd="] {
            for range in text.lowercased().ranges(of: name) {
                // Lower case has the same length here: the text is ASCII.
                let offset = text.lowercased().distance(from: text.lowercased().startIndex, to: range.upperBound)
                guard let begin = text.index(text.startIndex, offsetBy: offset, limitedBy: text.endIndex) else {
                    continue
                }
                found.append(text[begin...].prefix { !" &;".contains($0) })
            }
        }
        return found
    }
}

/// What can be said of a URL without asking for it.
enum WebAddress {
    /// What is wrong with it; nil when nothing is.
    ///
    /// - Parameter schemes: those that it may have.
    static func violation(in text: String, schemes: [String]) -> String? {
        let kinds = schemes.map { "\($0)://" }.joined(separator: " or ")
        guard text.utf8.count <= 1024, text.isPrintableASCII, !text.contains(" "), !text.contains(","),
            let scheme = schemes.first(where: { text.hasPrefix("\($0)://") })
        else { return "must be a \(kinds) URL of printable ASCII, at most 1024 bytes" }
        let rest = text.dropFirst(scheme.count + 3)
        let authority = rest.prefix { !"/?#".contains($0) }
        // A server would keep credentials, and show them.
        if authority.contains("@") { return "must not contain credentials" }
        if authority.isEmpty || authority.hasPrefix(":") { return "must name a host" }
        return text.contains("{{") ? "must not contain \"{{\"" : nil
    }
}
