/// Names of objects of Vault: what Lanyard gives, and what it lets a spec refer to.
///
/// The server folds and trims some names and takes nearly anything in others, so that a name is accepted only if
/// nothing that any server does changes it (threats T8–T10, T31, T33).
package enum VaultName {
    /// The longest name that is given to an object, in bytes. A derived name has at most 389.
    package static let maximumLength = 512

    /// What is wrong with the name of an auth role; nil when nothing is. An underscore is the same to every server; capitals
    /// are folded.
    package static func violation(inRoleName name: String) -> String? { violation(inName: name, allows: [underscore]) }

    /// What is wrong with the name of a policy; nil when nothing is.
    package static func violation(inPolicyName name: String) -> String? {
        if builtInPolicies.contains(name) { return "must not be the name of a built-in policy" }
        if name.contains("/") {
            return
                "must not have slashes, which no name that Lanyard keeps has: a policy that has some can be had as one of "
                + "spec.token.extraPolicies"
        }
        return violation(inName: name, allows: [underscore])
    }

    /// What is wrong with the name of a database role; nil when nothing is. Derived names hold an underscore, and engines
    /// tell capitals from small letters.
    package static func violation(inDatabaseRoleName name: String) -> String? {
        violation(inName: name, allows: [underscore], allowsCapitals: true)
    }

    /// What is wrong with the name of an object of Kubernetes where the server would take it as a pattern; nil when nothing
    /// is.
    static func violation(inKubernetesName name: String) -> String? { violation(inName: name, allows: []) }

    /// What is wrong with a reference to an object that an administrator made (a PKI role, a transit key, a database
    /// connection); nil when nothing is. The server's own rule: letters, digits, `_`, and `-` and `.` inside.
    package static func violation(inReference name: String) -> String? {
        let bytes = Array(name.utf8)
        guard let first = bytes.first, let last = bytes.last else { return "must not be empty" }
        guard bytes.count <= maximumLength else { return "must not be longer than \(maximumLength) bytes" }
        guard bytes.allSatisfy({ isWord($0) || $0 == hyphen || $0 == dot }), isWord(first), isWord(last) else {
            return
                "must consist of letters, digits, \"_\", \"-\" and \".\", and start and end with a letter, digit or \"_\""
        }
        return nil
    }

    /// What is wrong with a policy that an administrator made and that tokens shall have as well; nil when nothing
    /// is. The boundary decides which of them are allowed.
    package static func violation(inPolicyReference name: String) -> String? {
        if name != "default", builtInPolicies.contains(name) { return "must not be a built-in policy" }
        let segments = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        for segment in segments {
            if let violation = violation(inReference: segment) { return violation }
        }
        guard name.utf8.count <= maximumLength else { return "must not be longer than \(maximumLength) bytes" }
        return name.utf8.contains(where: isUpper) ? "must be lower case, as the server folds it" : nil
    }

    /// What is wrong with the mount path of a secrets engine; nil when nothing is.
    package static func violation(inMount mount: String) -> String? {
        if let violation = violation(inSegments: mount) { return violation }
        // As the first segment they are the server's, further on those of a namespace of the server.
        let isSystem = mount.split(separator: "/").contains { VaultPathRule.systemMounts.contains($0.lowercased()) }
        return isSystem ? "must not be one of the server's own mounts, nor have one's name as a segment" : nil
    }

    /// What is wrong with the mount path of an auth method, without `auth/`; nil when nothing is.
    package static func violation(inAuthMount mount: String) -> String? {
        if let violation = violation(inSegments: mount) { return violation }
        return mount.lowercased() == "token" ? "must not be one of the server's own mounts" : nil
    }

    /// What is wrong with an audience that a JWT-SVID must have; nil when nothing is. The server splits a text at
    /// commas and trims it.
    package static func violation(inAudience audience: String) -> String? {
        let isPlain = audience.isPrintableASCII && audience == audience.trimmed && !audience.contains(",")
        guard !audience.isEmpty, audience.utf8.count <= 1024, isPlain else {
            return "must be 1 to 1024 printable ASCII characters without commas and without blanks at its ends"
        }
        return nil
    }

    /// What is wrong with the name of a database user; nil when nothing is. The engine puts it into statements as it
    /// is, so it is of an alphabet that no database takes for anything but a name (threats T14, T16).
    package static func violation(inDatabaseUser name: String) -> String? {
        guard !name.isEmpty else { return "must not be empty" }
        guard name.utf8.count <= 128 else { return "must not be longer than 128 bytes" }
        let others = [hyphen, dot, UInt8(ascii: "@"), UInt8(ascii: "$"), UInt8(ascii: "#")]
        guard name.utf8.allSatisfy({ isWord($0) || others.contains($0) }), name.utf8.first.map(isWord) == true else {
            return "must start with a letter, digit or \"_\" and consist of letters, digits and _ - . @ $ #"
        }
        return nil
    }

    /// Policies that every server has.
    package static let builtInPolicies: Set<String> = ["root", "default", "response-wrapping", "default-ceiling"]

    private static func violation(
        inName name: String, allows others: Set<UInt8>, allowsCapitals: Bool = false
    ) -> String? {
        guard !name.isEmpty else { return "must not be empty" }
        guard name.utf8.count <= maximumLength else { return "must not be longer than \(maximumLength) bytes" }
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            isLowerAlphanumeric(byte) || (allowsCapitals && isUpper(byte))
        }
        let isPlain = name.utf8.split(separator: dot, omittingEmptySubsequences: false).allSatisfy { label in
            guard let first = label.first, let last = label.last, isAlphanumeric(first), isAlphanumeric(last) else {
                return false
            }
            return label.allSatisfy { isAlphanumeric($0) || $0 == hyphen || others.contains($0) }
        }
        guard !isPlain else { return nil }
        let isFolded = !allowsCapitals && name.utf8.contains(where: isUpper)
        return "must consist of \(allowsCapitals ? "" : "lower case ")letters, digits, \"-\""
            + "\(others.isEmpty ? "" : ", \"_\"") and \".\", "
            + "and each part between dots must start and end with a letter or digit"
            + (isFolded ? "; the server folds capitals" : "")
    }

    private static func violation(inSegments mount: String) -> String? {
        guard mount.utf8.count <= 256 else { return "must not be longer than 256 bytes" }
        for segment in mount.split(separator: "/", omittingEmptySubsequences: false) {
            guard violation(inReference: String(segment)) == nil else {
                return "must be a mount path such as \"secret\" or \"team/secret\", without slashes at its ends"
            }
        }
        return nil
    }

    private static let hyphen = UInt8(ascii: "-")
    private static let dot = UInt8(ascii: ".")
    private static let underscore = UInt8(ascii: "_")

    private static func isUpper(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) }

    private static func isLowerAlphanumeric(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        isLowerAlphanumeric(byte) || isUpper(byte) || byte == underscore
    }
}
