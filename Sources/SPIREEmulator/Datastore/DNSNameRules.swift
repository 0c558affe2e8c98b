/// The server's rules for DNS names of entries.
///
/// The server asks a library for internationalised names; what that does with uppercase letters and underscores is not
/// known, so here both are refused.
enum DNSNameRules {
    /// What is wrong with a name; nil when nothing is.
    static func flaw(in name: String) -> String? {
        guard name.utf8.allSatisfy({ $0 < 0x80 }) else { return "label or domain is not ASCII" }
        guard !name.isEmpty, !name.allSatisfy(\.isWhitespace) else { return "empty or only whitespace" }
        var rest = Substring(name)
        if rest.hasPrefix("*.") { rest = rest.dropFirst(2) }
        guard !rest.contains("*") else { return "wildcard is only allowed as the first label" }
        guard !rest.hasSuffix(".") else { return "name ends with a dot" }
        guard rest.utf8.count <= 253 else { return "name is too long" }
        for label in rest.split(separator: ".", omittingEmptySubsequences: false) {
            if let flaw = flaw(inLabel: label) { return "idna error: \(flaw)" }
        }
        return nil
    }

    private static func flaw(inLabel label: Substring) -> String? {
        guard !label.isEmpty, label.utf8.count <= 63 else { return "invalid label length" }
        guard !label.hasPrefix("-"), !label.hasSuffix("-") else { return "leading or trailing hyphen" }
        let isAllowed = label.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: "-")
        }
        guard isAllowed else { return "disallowed character" }
        // Two hyphens in the third and fourth place are kept for encoded names.
        let hyphens = label.dropFirst(2).prefix(2)
        guard hyphens != "--" || label.hasPrefix("xn--") else { return "hyphens in third and fourth place" }
        return nil
    }
}
