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
