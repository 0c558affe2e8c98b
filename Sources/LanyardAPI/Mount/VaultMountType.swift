/// What is mounted. The texts are the server's own names.
package enum VaultMountType: String, Codable, CaseIterable, Sendable {
    /// The Kubernetes auth method.
    case kubernetes
    /// The JWT auth method.
    case jwt
    /// The database engine.
    case database
    /// The PKI engine.
    case pki
    /// The KV engine.
    case kv

    /// Whether it is an auth method, which is mounted below `auth/`.
    package var isAuthMethod: Bool { self == .kubernetes || self == .jwt }
}
