/// Which path patterns a binding may put into its policy, whatever a boundary allows (threats T1, T3–T7).
package enum VaultPathRule {
    /// The longest path pattern in bytes.
    package static let maximumLength = 1024

    /// First segments that hold the server's own objects and every identity: whoever writes there owns the server.
    package static let systemMounts: Set<String> = ["sys", "auth", "identity", "cubbyhole", "agent-registry"]

    /// What is wrong with a path pattern that may reach them below a namespace of the server.
    static let systemReach =
        "which outside of the known mounts (configured, or in vault.secretsMounts) could lead to the server's own paths in "
        + "a namespace of the server"

    /// Whether a path pattern could lead to the server's own objects below a namespace of Vault Enterprise or OpenBao:
    /// `team/sys/policies/acl/x` are the policies of the namespace `team`, and namespaces have namespaces. Only what is
    /// known to be the mount of an engine is no namespace.
    ///
    /// - Parameter engines: all paths below each of those that are known.
    static func mayReachSystem(_ pattern: String, outside engines: [PathPattern]) -> Bool {
        let asked = PathPattern(pattern)
        if engines.contains(where: { $0.contains(asked) }) { return false }
        let segments = pattern.split(separator: "/", omittingEmptySubsequences: false)
        return segments.enumerated().dropFirst().contains { index, segment in
            if segment == "+" { return index < segments.count - 1 }
            // What a last * stands for may have any number of segments.
            return segment.hasSuffix("*") || systemMounts.contains(segment.lowercased())
        }
    }

    /// What is wrong with a path pattern; nil when nothing is.
    package static func violation(inPolicyPath path: String) -> String? {
        guard !path.isEmpty else { return "must not be empty" }
        guard path.utf8.count <= maximumLength else { return "must not be longer than \(maximumLength) bytes" }
        // Beyond ASCII, characters that look alike or normalise to each other would name different secrets.
        guard path.isPrintableASCII else { return "must consist of printable ASCII characters" }
        guard !path.hasPrefix("/") else { return "must not start with \"/\"" }
        guard !path.hasPrefix(" "), !path.hasSuffix(" ") else { return "must not start or end with a blank" }
        if let sequence = forbiddenSequence(in: path) { return "must not contain \(sequence)" }
        return violation(
            inSegments: path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map {
                String(Substring($0))
            })
    }

    /// What in a path a policy would take for something else. In one pass over its bytes: tenants write these paths, as many
    /// and as long as they may, and a search for each sequence would take a hundred times as long.
    private static func forbiddenSequence(in path: String) -> String? {
        var previous = UInt8(ascii: " ")
        for byte in path.utf8 {
            switch (previous, byte) {
            case (UInt8(ascii: "/"), UInt8(ascii: "/")): return "\"//\""
            case (_, UInt8(ascii: "%")): return "\"%\""
            case (_, UInt8(ascii: "\"")): return "a quotation mark"
            case (_, UInt8(ascii: "\\")): return "\"\\\""
            case (UInt8(ascii: "$"), UInt8(ascii: "{")): return "\"${\""
            case (UInt8(ascii: "{"), UInt8(ascii: "{")): return "\"{{\""
            case (UInt8(ascii: "}"), UInt8(ascii: "}")): return "\"}}\""
            default: previous = byte
            }
        }
        return nil
    }

    private static func violation(inSegments segments: [String]) -> String? {
        let (plus, star) = (UInt8(ascii: "+"), UInt8(ascii: "*"))
        guard !segments.contains("."), !segments.contains("..") else {
            return "must not contain the segment \".\" or \"..\""
        }
        guard segments.allSatisfy({ $0 == "+" || !$0.utf8.contains(plus) }) else {
            return "must have \"+\" only as a whole segment"
        }
        guard segments.dropLast().allSatisfy({ !$0.utf8.contains(star) }),
            segments.last.map({ !$0.utf8.dropLast().contains(star) }) ?? true
        else { return "must have \"*\" only as its last character" }
        guard let mount = segments.first, VaultName.violation(inReference: mount) == nil else {
            return "must start with the literal name of a mount, not with a wildcard"
        }
        guard !systemMounts.contains(mount.lowercased()) else {
            return "must not be under sys/, auth/, identity/ or cubbyhole/"
        }
        return nil
    }
}
