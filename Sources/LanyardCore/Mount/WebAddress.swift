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
