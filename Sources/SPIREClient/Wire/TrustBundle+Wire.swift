import LanyardAPI

extension TrustBundle {
    /// Reads a bundle of the wire.
    ///
    /// - Throws: `SPIREError` with `malformedAnswer` when its trust domain is none.
    package init(wire: Spire_Api_Types_Bundle) throws(SPIREError) {
        guard let trustDomain = TrustDomain(wire.trustDomain) else {
            throw SPIREError(.malformedAnswer, "a bundle has no valid trust domain")
        }
        self.init(
            trustDomain: trustDomain,
            x509Authorities: wire.x509Authorities.map {
                X509Authority(certificate: Array($0.asn1), isTainted: $0.tainted)
            },
            jwtKeys: wire.jwtAuthorities.map {
                JWTKey(
                    keyID: $0.keyID, publicKey: Array($0.publicKey), expiresAt: $0.expiresAt, isTainted: $0.tainted)
            },
            sequenceNumber: wire.sequenceNumber, refreshHint: wire.refreshHint)
    }
}
