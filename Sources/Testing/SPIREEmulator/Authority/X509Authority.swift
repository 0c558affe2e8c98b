import Crypto
import FoundationEssentials
import LanyardAPI
import SwiftASN1
import X509

/// A certificate authority of the trust domain: its own certificate, and the key that signs X.509-SVIDs.
struct X509Authority: LocalAuthority {
    let certificate: Certificate
    private let key: P256.Signing.PrivateKey

    /// The subject key ID, in hexadecimal digits.
    var authorityID: String {
        SubjectKeyIdentifier(hash: certificate.publicKey).keyIdentifier.map {
            String($0 / 16, radix: 16) + String($0 % 16, radix: 16)
        }.joined()
    }

    /// Makes a new authority, signed by itself, as the real server does without an upstream.
    ///
    /// - Parameters:
    ///   - now: Seconds since 1970.
    ///   - lifetime: Seconds.
    /// - Throws: When the certificate cannot be made; never in practice.
    init(trustDomain: TrustDomain, now: Int64, lifetime: Int64) throws {
        let key = P256.Signing.PrivateKey()
        let name = try Self.name(commonName: nil, serial: .init())
        certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey),
            notValidBefore: .init(seconds: now - 10), notValidAfter: .init(seconds: now + lifetime), issuer: name,
            subject: name, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                SubjectKeyIdentifier(hash: .init(key.publicKey))
                SubjectAlternativeNames([.uniformResourceIdentifier("spiffe://\(trustDomain.name)")])
            },
            issuerPrivateKey: .init(key))
        self.key = key
    }

    /// Restores an authority.
    ///
    /// - Parameters:
    ///   - certificate: DER.
    ///   - key: PKCS#8 in DER.
    /// - Throws: When one of them does not decode.
    init(certificate: [UInt8], key: [UInt8]) throws {
        self.certificate = try Certificate(derEncoded: certificate)
        self.key = try P256.Signing.PrivateKey(derRepresentation: key)
    }

    /// PKCS#8 in DER.
    var keyDER: [UInt8] { Array(key.derRepresentation) }

    /// DER.
    ///
    /// - Throws: Never in practice.
    func certificateDER() throws -> [UInt8] {
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        return serializer.serializedBytes
    }

    /// Seconds since 1970.
    var expiresAt: Int64 { Int64(certificate.notValidAfter.timeIntervalSince1970) }

    /// Signs a new key. The SVID never outlives the authority.
    ///
    /// - Parameters:
    ///   - lifetime: Seconds.
    ///   - now: Seconds since 1970.
    /// - Throws: When the certificate cannot be made; never in practice.
    func issue(_ id: String, dnsNames: [String], lifetime: Int64, now: Int64) throws -> IssuedX509SVID {
        let leafKey = P256.Signing.PrivateKey()
        let expiresAt = min(now + lifetime, self.expiresAt)
        let certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(leafKey.publicKey),
            notValidBefore: .init(seconds: now - 10), notValidAfter: .init(seconds: expiresAt),
            issuer: self.certificate.subject, subject: try Self.name(commonName: dnsNames.first, serial: nil),
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true, keyEncipherment: true, keyAgreement: true))
                try ExtendedKeyUsage([.serverAuth, .clientAuth])
                SubjectKeyIdentifier(hash: .init(leafKey.publicKey))
                AuthorityKeyIdentifier(
                    keyIdentifier: SubjectKeyIdentifier(hash: .init(key.publicKey)).keyIdentifier)
                SubjectAlternativeNames(
                    [.uniformResourceIdentifier(id)] + dnsNames.map { GeneralName.dnsName($0) })
            },
            issuerPrivateKey: .init(key))
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        return IssuedX509SVID(
            spiffeID: id, certificate: serializer.serializedBytes, key: Array(leafKey.derRepresentation),
            issuedAt: now, expiresAt: expiresAt)
    }

    private static func name(
        commonName: String?, serial: Certificate.SerialNumber?
    ) throws -> DistinguishedName {
        try DistinguishedName {
            CountryName("US")
            OrganizationName("SPIRE")
            if let commonName { CommonName(commonName) }
            if let serial { CommonName("authority \(serial)") }
        }
    }
}

/// An X.509-SVID with its key.
package struct IssuedX509SVID: Equatable, Sendable {
    package var spiffeID: String
    /// DER of the leaf, which an authority has signed directly.
    package var certificate: [UInt8]
    /// PKCS#8 in DER.
    package var key: [UInt8]
    /// Seconds since 1970.
    package var issuedAt: Int64
    /// Seconds since 1970.
    package var expiresAt: Int64
}

extension Date {
    init(seconds: Int64) { self.init(timeIntervalSince1970: Double(seconds)) }
}
