/// The syntax of names and labels in Kubernetes.
package enum KubernetesName {
    /// RFC 1123 label: at most 63 of `a-z 0-9 -`, beginning and ending with a letter or digit.
    package static func isDNSLabel(_ text: some StringProtocol) -> Bool {
        isDNSLabel(bytes: text.utf8)
    }

    /// Name of an object such as a ServiceAccount: an RFC 1123 subdomain as the API server checks it.
    package static func isObjectName(_ text: some StringProtocol) -> Bool {
        text.utf8.count <= 253
            && text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
                .allSatisfy { isHyphenated($0) }
    }

    /// Key of a label: an optional `prefix/`, which is a subdomain, and a name of at most 63 bytes.
    package static func isLabelKey(_ text: String) -> Bool {
        guard let slash = text.firstIndex(of: "/") else { return isQualified(text.utf8) }
        return isObjectName(text[..<slash]) && isQualified(text[text.index(after: slash)...].utf8)
    }

    /// Value of a label: empty, or at most 63 of `A-Z a-z 0-9 - _ .`, beginning and ending with a letter or digit.
    package static func isLabelValue(_ text: String) -> Bool {
        text.isEmpty || isQualified(text.utf8)
    }

    private static func isDNSLabel(bytes: some Collection<UInt8>) -> Bool {
        bytes.count <= 63 && isHyphenated(bytes)
    }

    private static func isHyphenated(_ bytes: some Collection<UInt8>) -> Bool {
        var last: UInt8?
        for byte in bytes {
            guard isLowercaseOrDigit(byte) || (last != nil && byte == UInt8(ascii: "-")) else { return false }
            last = byte
        }
        return last.map(isLowercaseOrDigit) == true
    }

    private static func isQualified(_ bytes: some Collection<UInt8>) -> Bool {
        guard bytes.count <= 63 else { return false }
        var last: UInt8?
        for byte in bytes {
            guard isLetterOrDigit(byte) || (last != nil && isMark(byte)) else { return false }
            last = byte
        }
        return last.map(isLetterOrDigit) == true
    }

    private static func isMark(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
    }

    private static func isLowercaseOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        isLowercaseOrDigit(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }
}

/// DNS names that SPIRE puts into certificates, checked more strictly than it does (rule spire-3): how its IDNA library
/// treats upper case and underscores is not certain, so only lowercase letters, digits and hyphens pass.
package enum DNSNameSyntax {
    /// What is wrong with a name, completing a sentence that begins with the field; nil when it is right.
    package static func violation(of name: String) -> String? {
        if name.isEmpty { return "must not be empty" }
        if name.utf8.count > 253 { return "must not be longer than 253 bytes" }
        let base = name.hasPrefix("*.") ? name.dropFirst(2) : name[...]
        if base.contains("*") { return "may have a wildcard only as its whole first label, as in *.example.org" }
        if base.hasSuffix(".") { return "must not end in a dot" }
        let labels = base.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.allSatisfy({ KubernetesName.isDNSLabel($0) }) else {
            return "must have labels of 1 to 63 of a-z 0-9 -, none beginning or ending with -"
        }
        // IDNA keeps the third and fourth character of a label for its own prefixes.
        guard labels.allSatisfy({ $0.hasPrefix("xn--") || !$0.dropFirst(2).hasPrefix("--") }) else {
            return "must not have -- as the third and fourth character of a label"
        }
        return nil
    }
}
