package import LanyardAPI
import SwiftASN1
package import X509

/// Verifies the certificates that a peer presents (SPIFFE X509-SVID, §4 and §5).
package struct X509SVIDVerifier: Sendable {
    /// Why a peer is not believed.
    package enum Failure: String, Error, Sendable {
        case noCertificate = "the peer presented no certificate"
        case malformed = "the peer's certificate does not decode"
        case noSPIFFEID = "the peer's certificate has not exactly one URI, a SPIFFE ID"
        case unknownTrustDomain = "no authority of the peer's trust domain is known"
        case untrusted = "the peer's certificate is not valid, or not signed by its trust domain"
        case otherPeer = "the peer is not the one that was expected"
    }

    private let roots: [TrustDomain: CertificateStore]

    /// Verifies with the authorities of trust domains, certificates in DER. What does not decode is left out.
    package init(authorities: [TrustDomain: [[UInt8]]]) {
        roots = authorities.mapValues { certificates in
            CertificateStore(certificates.compactMap { try? Certificate(derEncoded: $0) })
        }
    }

    /// Verifies a chain in DER, the leaf first: signatures up to an authority of the leaf's own trust domain, validity in
    /// time, and that the leaf is one.
    ///
    /// - Parameter expected: Whom the peer must be; nil takes everybody whom a known trust domain vouches for.
    /// - Returns: who the peer is.
    /// - Throws: `Failure`.
    package func verify(chain: [[UInt8]], expected: SPIFFEID? = nil) async throws(Failure) -> SPIFFEID {
        guard let first = chain.first else { throw .noCertificate }
        guard let leaf = try? Certificate(derEncoded: first) else { throw .malformed }
        guard let id = Self.spiffeID(of: leaf) else { throw .noSPIFFEID }
        if let expected, id != expected { throw .otherPeer }
        guard let store = roots[id.trustDomain] else { throw .unknownTrustDomain }
        var verifier = Verifier(rootCertificates: store) {
            RFC5280Policy()
            LeafPolicy()
        }
        let intermediates = CertificateStore(chain.dropFirst().compactMap { try? Certificate(derEncoded: $0) })
        guard case .validCertificate = await verifier.validate(leaf: leaf, intermediates: intermediates) else {
            throw .untrusted
        }
        return id
    }

    /// The SPIFFE ID of a certificate: the single URI among its alternative names.
    package static func spiffeID(of certificate: Certificate) -> SPIFFEID? {
        guard let names = try? certificate.extensions.subjectAlternativeNames else { return nil }
        let uris = names.compactMap { name in
            if case .uniformResourceIdentifier(let uri) = name { uri } else { nil }
        }
        guard uris.count == 1, let uri = uris.first else { return nil }
        return try? SPIFFEID(uri)
    }
}

/// What an X.509-SVID of a workload or server must be besides being signed: it may sign data but no certificates, and
/// where it says what it is for, that is both sides of TLS.
private struct LeafPolicy: VerifierPolicy {
    let verifyingCriticalExtensions: [ASN1ObjectIdentifier] = [
        .X509ExtensionID.subjectAlternativeName, .X509ExtensionID.keyUsage, .X509ExtensionID.extendedKeyUsage,
    ]

    func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) -> PolicyEvaluationResult {
        let extensions = chain.leaf.extensions
        do {
            if case .isCertificateAuthority? = try extensions.basicConstraints {
                return .failsToMeetPolicy(reason: "the leaf is an authority")
            }
            guard let usage = try extensions.keyUsage, usage.digitalSignature, !usage.keyCertSign, !usage.cRLSign else {
                return .failsToMeetPolicy(reason: "the leaf's key may do other things than it must")
            }
            if let purposes = try extensions.extendedKeyUsage {
                guard purposes.contains(.serverAuth), purposes.contains(.clientAuth) else {
                    return .failsToMeetPolicy(reason: "the leaf is not for both sides of TLS")
                }
            }
        } catch {
            return .failsToMeetPolicy(reason: "an extension of the leaf does not decode")
        }
        return .meetsPolicy
    }
}
