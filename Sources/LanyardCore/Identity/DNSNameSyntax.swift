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
