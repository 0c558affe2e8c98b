package import LanyardAPI

/// What the SVIDs of a trust domain are verified with.
package struct TrustBundle: Equatable, Sendable {
    /// A certificate authority.
    package struct X509Authority: Equatable, Sendable {
        /// DER.
        package var certificate: [UInt8]
        /// Whether it is about to be revoked.
        package var isTainted: Bool

        /// An authority as the server sends it.
        package init(certificate: [UInt8], isTainted: Bool = false) {
            self.certificate = certificate
            self.isTainted = isTainted
        }
    }

    /// A key that signs JWT-SVIDs.
    package struct JWTKey: Equatable, Sendable {
        /// The `kid` of tokens that it signed.
        package var keyID: String
        /// PKIX (SubjectPublicKeyInfo), DER.
        package var publicKey: [UInt8]
        /// Seconds since 1970; 0 is never.
        package var expiresAt: Int64
        /// Whether it is about to be revoked.
        package var isTainted: Bool

        /// A key as the server sends it.
        package init(keyID: String, publicKey: [UInt8], expiresAt: Int64, isTainted: Bool = false) {
            self.keyID = keyID
            self.publicKey = publicKey
            self.expiresAt = expiresAt
            self.isTainted = isTainted
        }
    }

    package var trustDomain: TrustDomain
    package var x509Authorities: [X509Authority]
    package var jwtKeys: [JWTKey]
    /// Raised by the server whenever the bundle changes.
    package var sequenceNumber: UInt64
    /// How soon to look again, in seconds; 0 when the server does not say.
    package var refreshHint: Int64

    /// A bundle as the server sends it.
    package init(
        trustDomain: TrustDomain, x509Authorities: [X509Authority] = [], jwtKeys: [JWTKey] = [],
        sequenceNumber: UInt64 = 0, refreshHint: Int64 = 0
    ) {
        self.trustDomain = trustDomain
        self.x509Authorities = x509Authorities
        self.jwtKeys = jwtKeys
        self.sequenceNumber = sequenceNumber
        self.refreshHint = refreshHint
    }
}

/// A node agent as the server knows it.
package struct Agent: Equatable, Sendable {
    package var id: SPIFFEID
    package var attestationType: String
    package var selectors: [WorkloadSelector]
    /// Seconds since 1970 at which its SVID expires.
    package var expiresAt: Int64
    package var isBanned: Bool

    /// Describes an agent.
    package init(
        id: SPIFFEID, attestationType: String, selectors: [WorkloadSelector], expiresAt: Int64, isBanned: Bool
    ) {
        self.id = id
        self.attestationType = attestationType
        self.selectors = selectors
        self.expiresAt = expiresAt
        self.isBanned = isBanned
    }
}
