/// One entry of a Secret in the operator's own namespace. A VaultMount is cluster-scoped and must not read tenants'
/// Secrets, so no namespace is named.
package struct SecretKey: Hashable, Sendable, Comparable {
    /// Name of the Secret.
    package let secret: String
    /// Key of the entry.
    package let key: String
    /// Whether the value must not be seen. That of the name of a database user may: servers show it too.
    package let isConfidential: Bool

    /// Names an entry.
    package init(secret: String, key: String, isConfidential: Bool = true) {
        self.secret = secret
        self.key = key
        self.isConfidential = isConfidential
    }

    package static func < (left: SecretKey, right: SecretKey) -> Bool {
        (left.secret, left.key) < (right.secret, right.key)
    }
}
