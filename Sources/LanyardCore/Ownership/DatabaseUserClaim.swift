/// The claim of a database user, kept in the ledger beside those of API paths so that two static roles never have one
/// user. No object of Vault has such a path: it is never read, written or deleted.
package enum DatabaseUserClaim {
    private static let segment = "static-users"

    /// `<mount>/config/<connection>/static-users/<username>`, with the user's name folded, as some databases do.
    static func path(mount: String, connection: String, username: String) -> String {
        "\(mount)/config/\(connection)/\(segment)/\(username.lowercased())"
    }

    /// Whether a claimed path is that of a user.
    package static func isOne(_ path: String) -> Bool {
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        let tail = segments.suffix(4)
        return segments.count >= 5 && tail.first == "config" && tail.dropLast().last == segment[...]
    }
}
