/// Where the part of an object comes from that its spec does not hold.
package enum MountSource: Equatable, Sendable {
    /// Nowhere: the spec says all.
    case spec
    /// The token with which an auth method asks for reviews.
    case reviewerToken(SecretKey)
    /// User name of a connection, and its secrets by the member of the body that each becomes: `password`.
    case credentials(username: SecretKey, secrets: [String: SecretKey])
    /// The keys with which SPIRE signs JWT-SVIDs.
    case trustKeys

    /// The entries of Secrets that have to be looked at.
    package var secretKeys: [SecretKey] {
        switch self {
        case .spec, .trustKeys: []
        case .reviewerToken(let token): [token]
        case .credentials(let username, let secrets): [username] + secrets.values
        }
    }
}

/// One entry of a Secret in the operator's own namespace. A VaultMount is cluster-scoped and must not read tenants'
/// Secrets, so no namespace is named.
package struct SecretKey: Hashable, Sendable, Comparable {
    /// Name of the Secret.
    package let secret: String
    /// Key of the entry.
    package let key: String
    /// Whether the value must not be seen. That of the name of a database user may: servers show it too.
    package let isConfidential: Bool

    /// Names an entry; it is taken for confidential unless it is said that it is not.
    package init(secret: String, key: String, isConfidential: Bool = true) {
        self.secret = secret
        self.key = key
        self.isConfidential = isConfidential
    }

    package static func < (left: SecretKey, right: SecretKey) -> Bool {
        (left.secret, left.key) < (right.secret, right.key)
    }
}

/// What is known of an entry of a Secret: enough to see whether it changed, never its value.
package enum SecretFact: Equatable, Sendable {
    /// It is there; of what is confidential only the digest is kept.
    ///
    /// - Parameters:
    ///   - digest: keyed digest of the value.
    ///   - text: the value itself, only if the entry is not confidential.
    case found(digest: String, text: String?)
    /// There is no such Secret, or it has no such entry.
    case missing
    /// It could not be read; that is not absence.
    case failed(ConditionOutcome)
}
