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
    /// Seconds from the leaf's beginning to its end.
    package let lifetime: Int64
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
        lifetime = Int64(leaf.notValidAfter.timeIntervalSince(leaf.notValidBefore).rounded(.down))
        self.authorities = authorities
    }

    /// Without the key.
    package var description: String { "X.509-SVID of \(spiffeID)" }

    /// Without the key.
    package var debugDescription: String { description }
}

/// Values in DER, one after the other.
enum DERSequence {
    /// Cuts bytes into the SEQUENCEs that they are made of.
    ///
    /// - Throws: `SPIREError` with `malformedAnswer` when there is something else.
    static func split(_ bytes: [UInt8]) throws(SPIREError) -> [[UInt8]] {
        var values: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            guard let length = length(of: rest), length <= rest.count else {
                throw SPIREError(.malformedAnswer, "certificates in DER are cut off")
            }
            values.append(Array(rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        return values
    }

    /// How long the first value is with its header; nil when it is no SEQUENCE of definite length.
    private static func length(of bytes: ArraySlice<UInt8>) -> Int? {
        let header = Array(bytes.prefix(6))
        guard header.count >= 2, header[0] == 0x30 else { return nil }
        guard header[1] >= 0x80 else { return 2 + Int(header[1]) }
        let count = Int(header[1] & 0x7F)
        // Four bytes of length are more than any certificate needs.
        guard (1...4).contains(count), header.count >= 2 + count else { return nil }
        return header[2..<2 + count].reduce(0) { $0 << 8 | Int($1) } + 2 + count
    }
}
