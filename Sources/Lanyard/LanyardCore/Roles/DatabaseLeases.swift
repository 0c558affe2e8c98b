/// The leases of a dynamic database role.
package struct DatabaseLeases: Equatable, Sendable {
    /// How an author who asked for a revocation that the database refuses does without.
    package static let wayOut = "spec.revokeLeasesOnDelete: false lets them live on to their end"

    /// `<mount>/creds/<role>`.
    private let path: String

    /// The leases that were given at a path.
    package init(at path: String) { self.path = path }

    /// The leases of the role at `<mount>/roles/<role>`; nil for any other object, which has none.
    package init?(ofRoleAt path: String) {
        let segments = path.split(separator: "/")
        guard VaultObjectKind(path: path) == .databaseRole, segments.count >= 3,
            segments[segments.count - 2] == "roles", let name = segments.last
        else { return nil }
        self.path = "\(segments.dropLast(2).joined(separator: "/"))/creds/\(name)"
    }

    /// The path that revokes them all when it is written. It needs `sudo`, which the operator has only where its
    /// administrator gave it.
    package var revocationPath: String { "sys/leases/revoke-prefix/\(path)" }

    /// Where they are listed, with `sudo` likewise.
    package var listingPath: String { "sys/leases/lookup/\(path)" }
}
