/// Names of ownership records.
package enum RecordName {
    /// The longest name that Kubernetes allows.
    private static let limit = 253

    /// `namespace.name` of the owner, which no other owner of the kind has since namespaces contain no dots; cut and
    /// made unique by a digest where that is longer than a name may be.
    ///
    /// - Parameter namespace: empty for a VaultMount, whose name is a DNS label: `vaultmount-name` has no dot, and so is
    ///   no name of another record.
    package static func make(namespace: String, name: String) -> String {
        if namespace.isEmpty { return "vaultmount-\(name)" }
        let full = "\(namespace).\(name)"
        guard full.utf8.count > limit else { return full }
        let digest = StableDigest.hexadecimal(of: full)
        var beginning = full.prefix(limit - digest.count - 1)
        // A dot or dash before the digest would end a label wrongly.
        while let last = beginning.last, last == "." || last == "-" { beginning.removeLast() }
        return "\(beginning)-\(digest)"
    }
}
