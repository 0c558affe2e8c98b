package import FoundationEssentials
package import LanyardAPI
import SPIREClient

/// What the trust domain signs with, and what its SVIDs are verified with. A value; whoever holds it makes it durable.
package struct TrustAuthority: Sendable {
    /// How long things live, in seconds.
    package struct Lifetimes: Sendable {
        /// Of authorities and JWT keys.
        package var authority: Int64 = 24 * 3600
        /// Of X.509-SVIDs whose entry does not say.
        package var x509SVID: Int64 = 3600
        /// Of JWT-SVIDs whose entry does not say.
        package var jwtSVID: Int64 = 300

        /// The defaults of a real server.
        package init() {}
    }

    /// The trust domain.
    package let trustDomain: TrustDomain
    package let lifetimes: Lifetimes
    /// Given from outside, beside what signs here.
    private let foreign: BundleDocument
    /// What signs X.509-SVIDs.
    private(set) var x509: LocalAuthorities<X509Authority>
    /// What signs JWT-SVIDs.
    private(set) var jwt: LocalAuthorities<JWTAuthority>
    private var sequenceNumber: UInt64
    private let makeKeyID: @Sendable () -> String

    /// Makes new authorities.
    ///
    /// - Parameters:
    ///   - foreign: Further authorities and keys of the bundle.
    ///   - now: Seconds since 1970.
    ///   - makeKeyID: Makes IDs for keys.
    /// - Throws: When a certificate cannot be made; never in practice.
    package init(
        trustDomain: TrustDomain, foreign: BundleDocument = BundleDocument(), lifetimes: Lifetimes = Lifetimes(),
        now: Int64, makeKeyID: @escaping @Sendable () -> String
    ) throws {
        self.trustDomain = trustDomain
        self.foreign = foreign
        self.lifetimes = lifetimes
        self.makeKeyID = makeKeyID
        x509 = LocalAuthorities(try X509Authority(trustDomain: trustDomain, now: now, lifetime: lifetimes.authority))
        jwt = LocalAuthorities(JWTAuthority(keyID: makeKeyID(), expiresAt: now + lifetimes.authority))
        sequenceNumber = foreign.sequenceNumber ?? 1
    }

    // MARK: Rotation

    /// Adds an authority to the bundle, which signs nothing yet: whoever verifies learns of it before it is used.
    ///
    /// - Throws: When the certificate cannot be made; never in practice.
    package mutating func prepareX509(now: Int64) throws {
        x509.prepare(try X509Authority(trustDomain: trustDomain, now: now, lifetime: lifetimes.authority))
        sequenceNumber += 1
    }

    /// Adds a key to the bundle, which signs nothing yet.
    mutating func prepareJWT(now: Int64) {
        jwt.prepare(JWTAuthority(keyID: makeKeyID(), expiresAt: now + lifetimes.authority))
        sequenceNumber += 1
    }

    /// Does what a caller asks for to an authority that it names.
    ///
    /// - Throws: `CallFailure` as a real server reports it.
    mutating func takeX509(_ step: AuthorityStep, _ id: String) throws(CallFailure) {
        try x509.take(step, id, strays: false)
        // What signs is not told, only what is believed.
        if step != .activate { sequenceNumber += 1 }
    }

    /// Does what a caller asks for to a key that it names.
    ///
    /// - Throws: `CallFailure` as a real server reports it.
    mutating func takeJWT(_ step: AuthorityStep, _ id: String) throws(CallFailure) {
        try jwt.take(step, id, strays: true)
        if step != .activate { sequenceNumber += 1 }
    }

    /// Signs X.509-SVIDs with the newest authority from now on; those of the others are still believed.
    package mutating func activateX509() { x509.activatePrepared() }

    /// Believes nothing any more but what the authority that signs has signed.
    package mutating func revokeX509() {
        x509.forgetOthers()
        sequenceNumber += 1
    }

    /// Signs JWT-SVIDs with a new key from now on.
    ///
    /// - Parameter keepsOld: Whether SVIDs of the old keys are still believed.
    package mutating func rotateJWT(now: Int64, keepsOld: Bool) {
        prepareJWT(now: now)
        jwt.activatePrepared()
        if !keepsOld { jwt.forgetOthers() }
    }

    // MARK: Signing

    /// Changes whenever the bundle does.
    package var version: UInt64 { sequenceNumber }

    /// Signs a new key.
    ///
    /// - Parameters:
    ///   - lifetime: Seconds; 0 is the default.
    ///   - now: Seconds since 1970.
    /// - Throws: When the certificate cannot be made, as that of an ID that is no URI.
    package func issueX509SVID(
        _ id: String, dnsNames: [String] = [], lifetime: Int64 = 0, now: Int64
    ) throws -> IssuedX509SVID {
        guard let signer = x509.active else { throw EmulatorError("there is no authority") }
        return try signer.issue(
            id, dnsNames: dnsNames, lifetime: lifetime > 0 ? lifetime : lifetimes.x509SVID, now: now)
    }

    /// Signs a token.
    ///
    /// - Parameters:
    ///   - lifetime: Seconds; 0 is the default.
    ///   - now: Seconds since 1970.
    ///   - tokenID: The `jti`.
    /// - Throws: Never in practice.
    package func issueJWTSVID(
        _ id: String, audience: [String], lifetime: Int64 = 0, now: Int64, tokenID: String? = nil
    ) throws -> String {
        guard let authority = jwt.active else { throw EmulatorError("there is no key") }
        let expiresAt = min(now + (lifetime > 0 ? lifetime : lifetimes.jwtSVID), authority.expiresAt)
        return try authority.sign(.init(aud: audience, exp: expiresAt, iat: now, sub: id, jti: tokenID))
    }

    // MARK: Verification

    /// The certificates of the authorities, in DER.
    ///
    /// - Throws: Never in practice.
    package func certificates() throws -> [[UInt8]] {
        try x509.believed.map { try $0.certificateDER() }
    }

    /// The bundle as the API has it.
    ///
    /// - Throws: Never in practice.
    func bundle() throws -> WireBundle {
        var bundle = foreign.wire(trustDomain: trustDomain, mask: nil)
        for authority in x509.believed {
            var wire = Spire_Api_Types_X509Certificate()
            wire.asn1 = Data(try authority.certificateDER())
            wire.tainted = x509.tainted.contains(authority.authorityID)
            bundle.x509Authorities.append(wire)
        }
        for key in jwt.believed {
            var wire = Spire_Api_Types_JWTKey()
            wire.keyID = key.keyID
            wire.publicKey = Data(key.publicKeyDER)
            wire.expiresAt = key.expiresAt
            wire.tainted = jwt.tainted.contains(key.keyID)
            bundle.jwtAuthorities.append(wire)
        }
        bundle.sequenceNumber = sequenceNumber
        return bundle
    }

    /// The keys of JWT-SVIDs as a JSON Web Key Set.
    ///
    /// - Throws: Never in practice.
    func jwks() throws -> Data {
        struct KeySet: Encodable { var keys: [JWTAuthority.JWK] }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(KeySet(keys: jwt.believed.map(\.jwk)))
    }

    /// What a token says if it is good; nil when it is not.
    func verified(_ token: String, audience: String, now: Int64) -> JWTAuthority.Claims? {
        let claims = jwt.believed.lazy.compactMap { $0.verified(token) }.first
        guard let claims, claims.exp > now, claims.aud.contains(audience) else { return nil }
        return claims
    }

    // MARK: Durability

    /// Everything that signs, secret.
    private struct Saved: Codable {
        struct Certificate: Codable { var certificate, key: Data }
        struct Key: Codable {
            var id: String
            var expiresAt: Int64
            var key: Data
        }
        var x509: [Certificate]
        var x509Places: LocalAuthorities<X509Authority>.Places
        var jwt: [Key]
        var jwtPlaces: LocalAuthorities<JWTAuthority>.Places
        var sequenceNumber: UInt64
    }

    /// Everything that signs, secret.
    ///
    /// - Throws: Never in practice.
    package func saved() throws -> Data {
        try JSONEncoder().encode(
            Saved(
                x509: x509.believed.map { .init(certificate: Data(try $0.certificateDER()), key: Data($0.keyDER)) },
                x509Places: x509.places,
                jwt: jwt.believed.map { .init(id: $0.keyID, expiresAt: $0.expiresAt, key: Data($0.keyDER)) },
                jwtPlaces: jwt.places, sequenceNumber: sequenceNumber))
    }

    /// Goes on with what was saved.
    ///
    /// - Throws: When it does not decode.
    package mutating func restore(_ data: Data) throws {
        let saved = try JSONDecoder().decode(Saved.self, from: data)
        x509 = LocalAuthorities(
            try saved.x509.map { try X509Authority(certificate: Array($0.certificate), key: Array($0.key)) },
            places: saved.x509Places)
        jwt = LocalAuthorities(
            try saved.jwt.map { try JWTAuthority(keyID: $0.id, expiresAt: $0.expiresAt, key: Array($0.key)) },
            places: saved.jwtPlaces)
        sequenceNumber = saved.sequenceNumber
    }
}
