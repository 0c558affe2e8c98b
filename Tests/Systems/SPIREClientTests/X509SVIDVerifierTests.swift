import Crypto
import FoundationEssentials
import LanyardAPI
import SPIREClient
import SwiftASN1
import Testing
import X509

@Suite("X509SVIDVerifier")
struct X509SVIDVerifierTests {
    private static let id = "spiffe://example.org/spire/server"

    /// What a certificate of the table differs in from a good one.
    struct Shape: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var names: [GeneralName] = [.uniformResourceIdentifier(X509SVIDVerifierTests.id)]
        var isAuthority = false
        var usage: KeyUsage? = KeyUsage(digitalSignature: true, keyEncipherment: true)
        var purposes: [ExtendedKeyUsage.Usage]? = [.serverAuth, .clientAuth]
        var validFrom: TimeInterval = -60
        var validUntil: TimeInterval = 3600
        /// Nil: it is good.
        var failure: X509SVIDVerifier.Failure?

        init(_ name: String, _ failure: X509SVIDVerifier.Failure?, _ change: (inout Shape) -> Void = { _ in }) {
            testDescription = name
            self.failure = failure
            change(&self)
        }

        static let all: [Shape] = [
            Shape("good", nil),
            Shape("without purposes", nil) { $0.purposes = nil },
            Shape("with DNS names beside the URI", nil) { $0.names.append(.dnsName("spire-server")) },
            Shape("no names", .noSPIFFEID) { $0.names = [.dnsName("spire-server")] },
            Shape("two URIs", .noSPIFFEID) { $0.names += [.uniformResourceIdentifier("spiffe://example.org/b")] },
            Shape("another URI", .noSPIFFEID) { $0.names = [.uniformResourceIdentifier("https://example.org/")] },
            Shape("another ID", .otherPeer) {
                $0.names = [.uniformResourceIdentifier("spiffe://example.org/spire/other")]
            },
            Shape("another trust domain", .otherPeer) {
                $0.names = [.uniformResourceIdentifier("spiffe://elsewhere.test/spire/server")]
            },
            Shape("an authority", .untrusted) { $0.isAuthority = true },
            Shape("signs certificates", .untrusted) {
                $0.usage = KeyUsage(digitalSignature: true, keyCertSign: true)
            },
            Shape("signs revocations", .untrusted) { $0.usage = KeyUsage(digitalSignature: true, cRLSign: true) },
            Shape("signs no data", .untrusted) { $0.usage = KeyUsage(keyEncipherment: true) },
            Shape("no key usage", .untrusted) { $0.usage = nil },
            Shape("for clients alone", .untrusted) { $0.purposes = [.clientAuth] },
            Shape("expired", .untrusted) { $0.validUntil = -1 },
            Shape("not valid yet", .untrusted) { $0.validFrom = 60 },
        ]
    }

    private let rootKey = P256.Signing.PrivateKey()

    private func root(_ key: P256.Signing.PrivateKey) throws -> Certificate {
        let name = try DistinguishedName { CommonName("root") }
        return try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey),
            notValidBefore: .now - 3600, notValidAfter: .now + 7200, issuer: name, subject: name,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true))
            }, issuerPrivateKey: .init(key))
    }

    private func leaf(_ shape: Shape) throws -> Certificate {
        try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(P256.Signing.PrivateKey().publicKey),
            notValidBefore: .now + shape.validFrom, notValidAfter: .now + shape.validUntil,
            issuer: DistinguishedName { CommonName("root") }, subject: DistinguishedName {},
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                if shape.isAuthority {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                } else {
                    Critical(BasicConstraints.notCertificateAuthority)
                }
                if let usage = shape.usage { Critical(usage) }
                if let purposes = shape.purposes { try ExtendedKeyUsage(purposes) }
                // Critical, as it must be without a subject.
                Critical(SubjectAlternativeNames(shape.names))
            }, issuerPrivateKey: .init(rootKey))
    }

    private func der(_ certificate: Certificate) throws -> [UInt8] {
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        return serializer.serializedBytes
    }

    private func failure(
        _ chain: [[UInt8]], roots: [[UInt8]], expected: String? = id
    ) async throws -> X509SVIDVerifier.Failure? {
        let verifier = X509SVIDVerifier(authorities: [try #require(TrustDomain("example.org")): roots])
        do throws(X509SVIDVerifier.Failure) {
            _ = try await verifier.verify(chain: chain, expected: try? expected.map { try SPIFFEID($0) })
            return nil
        } catch {
            return error
        }
    }

    @Test("the peer is who it must be, and its certificate what it must be", arguments: Shape.all)
    func shapes(_ shape: Shape) async throws {
        let found = try await failure([der(leaf(shape))], roots: [der(root(rootKey))])
        #expect(found == shape.failure)
    }

    @Test("a chain without a known end is not believed")
    func untrusted() async throws {
        let good = try der(leaf(Shape("good", nil)))
        let other = try der(root(P256.Signing.PrivateKey()))
        #expect(try await failure([good], roots: [other]) == .untrusted)
        #expect(try await failure([good], roots: []) == .untrusted)
        #expect(try await failure([good, der(root(rootKey))], roots: [other]) == .untrusted)
        #expect(try await failure([], roots: [other]) == .noCertificate)
        #expect(try await failure([[0x30, 0x00]], roots: [other]) == .malformed)
        let elsewhere = Shape("elsewhere", nil) {
            $0.names = [.uniformResourceIdentifier("spiffe://elsewhere.test/a")]
        }
        #expect(
            try await failure([der(leaf(elsewhere))], roots: [der(root(rootKey))], expected: nil) == .unknownTrustDomain
        )
    }
}
