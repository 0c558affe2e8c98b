import FoundationEssentials
package import LanyardAPI
import SwiftASN1
import X509

/// A certificate that says who the holder of its key is, and what other certificates are verified with. The key is a secret.
package struct X509SVID: Equatable, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    package let spiffeID: SPIFFEID
    /// The SPIFFE IDs of all SVIDs that the agent has for this process: it may get a token for each.
    package let allIDs: Set<SPIFFEID>
    /// Certificates in DER, the leaf first.
    package let certificates: [[UInt8]]
    /// PKCS#8 in DER, secret.
    package let privateKey: [UInt8]
    /// Seconds since 1970 at which the leaf expires.
    package let expiresAt: Int64
    /// Certificates in DER of the authorities of each trust domain that is known, the own one included.
    package let authorities: [TrustDomain: [[UInt8]]]

    /// Reads the first SVID of an update: the agent's order says which one a process uses that needs one.
    ///
    /// - Throws: `SPIREError` with `malformedAnswer` when it is none.
    package init(wire: WorkloadAPI_X509SVIDResponse) throws(SPIREError) {
        guard let svid = wire.svids.first else {
            throw SPIREError(.malformedAnswer, "the agent sent no X.509-SVID")
        }
        guard let spiffeID = try? SPIFFEID(svid.spiffeID) else {
            throw SPIREError(.malformedAnswer, "an X.509-SVID has no valid SPIFFE ID")
        }
        let certificates = try DERSequence.split(Array(svid.x509Svid))
        guard let first = certificates.first, let leaf = try? Certificate(derEncoded: first) else {
            throw SPIREError(.malformedAnswer, "an X.509-SVID has no certificate")
        }
        var authorities = [spiffeID.trustDomain: try DERSequence.split(Array(svid.bundle))]
        for (id, bundle) in wire.federatedBundles {
            guard let id = try? SPIFFEID(id) else {
                throw SPIREError(.malformedAnswer, "a federated bundle has no valid trust domain")
            }
            if id.trustDomain != spiffeID.trustDomain {
                authorities[id.trustDomain] = try DERSequence.split(Array(bundle))
            }
        }
        self.spiffeID = spiffeID
        allIDs = Set(wire.svids.compactMap { try? SPIFFEID($0.spiffeID) })
        self.certificates = certificates
        privateKey = Array(svid.x509SvidKey)
        expiresAt = Int64(leaf.notValidAfter.timeIntervalSince1970.rounded(.down))
        self.authorities = authorities
    }

    /// Without the key.
    package var description: String { "X.509-SVID of \(spiffeID)" }

    /// Without the key.
    package var debugDescription: String { description }
}
