package import KubernetesModel

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

/// The claim of a database user, kept in the ledger beside those of API paths so that two static roles never have one
/// user. No object of Vault has such a path: it is never read, written or deleted.
package enum DatabaseUserClaim {
    private static let segment = "static-users"

    /// `<mount>/config/<connection>/static-users/<username>`, with the user's name folded, as some databases do.
    static func path(mount: String, connection: String, username: String) -> String {
        "\(mount)/config/\(connection)/\(segment)/\(username.lowercased())"
    }

    /// The claim that goes with a static role; nil for what is none.
    ///
    /// - Parameters:
    ///   - data: what a read says of it.
    ///   - path: its own.
    package static func path(ofRole data: JSONValue, at path: String) -> String? {
        let segments = path.split(separator: "/")
        guard segments.count >= 3, segments[segments.count - 2] == "static-roles",
            let connection = data[DynamicDatabaseRole.connectionField]?.string,
            let username = data[StaticDatabaseRole.usernameField]?.string
        else { return nil }
        return Self.path(
            mount: segments.dropLast(2).joined(separator: "/"), connection: connection, username: username)
    }

    /// Whether a claimed path is that of a user.
    package static func isUserPath(_ path: String) -> Bool {
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        let tail = segments.suffix(4)
        return segments.count >= 5 && tail.first == "config" && tail.dropLast().last == segment[...]
    }
}
