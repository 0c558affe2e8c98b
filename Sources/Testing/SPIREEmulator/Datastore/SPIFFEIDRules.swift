import SPIREClient

/// The server's rules for SPIFFE IDs. Deliberately not those of `LanyardAPI`: the server has no
/// limit of length.
struct SPIFFEIDRules: Sendable {
    /// The server's own trust domain.
    let trustDomain: String

    /// Checks an ID that may be a parent: in the trust domain, with a path. Whether it exists is never checked.
    ///
    /// - Throws: `CallFailure` with what is wrong.
    func member(_ id: WireID) throws(CallFailure) -> String {
        guard !id.trustDomain.isEmpty else { throw .invalidArgument("trust domain is missing") }
        guard Self.isTrustDomain(id.trustDomain) else {
            throw .invalidArgument(
                "trust domain characters are limited to lowercase letters, numbers, dots, dashes, and underscores")
        }
        try Self.checkPath(id.path)
        let text = "spiffe://\(id.trustDomain)\(id.path)"
        guard id.trustDomain == trustDomain else {
            throw .invalidArgument("\"\(text)\" is not a member of trust domain \"\(trustDomain)\"")
        }
        guard !id.path.isEmpty else { throw .invalidArgument("\"\(text)\" has no path") }
        return text
    }

    /// Checks an ID that a workload may have: a member outside of the reserved paths.
    ///
    /// - Throws: `CallFailure` with what is wrong.
    func workload(_ id: WireID) throws(CallFailure) -> String {
        let text = try member(id)
        guard id.path != "/spire", !id.path.hasPrefix("/spire/") else {
            throw .invalidArgument("\"\(text)\" is reserved")
        }
        return text
    }

    /// Checks the ID of an agent.
    ///
    /// - Throws: `CallFailure` with what is wrong.
    func agent(_ id: WireID) throws(CallFailure) -> String {
        let text = try member(id)
        guard id.path.hasPrefix("/spire/agent/") else {
            throw .invalidArgument("\"\(text)\" is not an agent in trust domain \"\(trustDomain)\"")
        }
        return text
    }

    /// The name in a trust domain given as a name or as an ID.
    ///
    /// - Throws: `CallFailure` with what is wrong.
    static func trustDomainName(_ text: String) throws(CallFailure) -> String {
        let scheme = "spiffe://"
        var name = text
        if text.hasPrefix(scheme) {
            let rest = text.dropFirst(scheme.count)
            let slash = rest.firstIndex(of: "/") ?? rest.endIndex
            try checkPath(String(rest[slash...]))
            name = String(rest[..<slash])
        }
        guard !name.isEmpty else { throw .invalidArgument("trust domain is missing") }
        guard isTrustDomain(name) else {
            throw .invalidArgument(
                "trust domain characters are limited to lowercase letters, numbers, dots, dashes, and underscores")
        }
        return name
    }

    /// Splits a stored ID; nil when it does not parse.
    static func parse(_ text: String) -> WireID? {
        let scheme = "spiffe://"
        guard text.hasPrefix(scheme) else { return nil }
        let rest = text.dropFirst(scheme.count)
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        var id = WireID()
        id.trustDomain = String(rest[..<slash])
        id.path = String(rest[slash...])
        guard isTrustDomain(id.trustDomain) else { return nil }
        do { try checkPath(id.path) } catch { return nil }
        return id
    }

    private static func isTrustDomain(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                isLowercaseOrDigit(byte) || byte == UInt8(ascii: "-")
                    || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
            }
    }

    private static func checkPath(_ path: String) throws(CallFailure) {
        guard !path.isEmpty else { return }
        guard path.hasPrefix("/") else { throw .invalidArgument("path must have a leading slash") }
        for segment in path.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            guard !segment.isEmpty else {
                throw .invalidArgument("path cannot contain empty segments or a trailing slash")
            }
            guard segment != ".", segment != ".." else {
                throw .invalidArgument("path cannot contain dot segments")
            }
            let isAllowed = segment.utf8.allSatisfy { byte in
                isLowercaseOrDigit(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                    || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
            }
            guard isAllowed else {
                throw .invalidArgument(
                    "path segment characters are limited to letters, numbers, dots, dashes, and underscores")
            }
        }
    }

    private static func isLowercaseOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}

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
