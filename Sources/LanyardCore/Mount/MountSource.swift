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
