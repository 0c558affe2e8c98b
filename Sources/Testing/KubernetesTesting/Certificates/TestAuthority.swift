import Crypto
import FoundationEssentials
import SwiftASN1
import X509

/// A certificate authority for tests. Its certificates are valid from 2020 to 2100.
public struct TestAuthority: Sendable {
    /// The authority's own certificate as PEM.
    public let certificatePEM: String

    private let name: DistinguishedName
    private let key: Certificate.PrivateKey

    private static let notBefore = Date(timeIntervalSince1970: 1_577_836_800)
    private static let notAfter = Date(timeIntervalSince1970: 4_102_444_800)

    /// Makes an authority with a key of its own.
    ///
    /// - Throws: what swift-certificates throws.
    public init(name: String = "Test Authority") throws {
        self.name = try DistinguishedName { CommonName(name) }
        key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        certificatePEM = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key.publicKey,
            notValidBefore: Self.notBefore, notValidAfter: Self.notAfter, issuer: self.name, subject: self.name,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true))
            },
            issuerPrivateKey: key
        ).serializeAsPEM().pemString
    }

    /// Issues a certificate for a server on loopback or for a client.
    ///
    /// - Parameters:
    ///   - name: the common name; API servers take it as the user.
    ///   - hosts: DNS names, besides 127.0.0.1.
    /// - Throws: what swift-certificates throws.
    public func issue(name: String, hosts: [String] = ["localhost"]) throws -> TestCertificate {
        let own = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let serialNumber = Certificate.SerialNumber()
        let loopback = ASN1OctetString(contentBytes: [127, 0, 0, 1])
        let certificate = try Certificate(
            version: .v3, serialNumber: serialNumber, publicKey: own.publicKey, notValidBefore: Self.notBefore,
            notValidAfter: Self.notAfter, issuer: self.name, subject: try DistinguishedName { CommonName(name) },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth, .clientAuth])
                SubjectAlternativeNames(hosts.map { .dnsName($0) } + [.ipAddress(loopback)])
            },
            issuerPrivateKey: key)
        return TestCertificate(
            certificatePEM: try certificate.serializeAsPEM().pemString, keyPEM: try own.serializeAsPEM().pemString,
            serialNumber: Array(serialNumber.bytes))
    }
}

/// A certificate and its key, as the texts that files hold.
public struct TestCertificate: Sendable {
    /// The certificate as PEM.
    public let certificatePEM: String
    /// The private key as PEM.
    public let keyPEM: String
    /// What tells it from other certificates of the authority.
    public let serialNumber: [UInt8]
}
