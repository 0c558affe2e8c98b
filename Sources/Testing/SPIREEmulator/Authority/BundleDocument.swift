package import FoundationEssentials
import LanyardAPI
import SPIREClient

/// The trust domain's own bundle as it is written in a file. Without a file there are no authorities.
package struct BundleDocument: Codable, Equatable, Sendable {
    /// Certificates in DER, in Base64.
    package var x509Authorities: [Data]?
    package var jwtAuthorities: [JWTKey]?
    /// Seconds.
    package var refreshHint: Int64?
    package var sequenceNumber: UInt64?

    /// A key for JWT-SVIDs.
    package struct JWTKey: Codable, Equatable, Sendable {
        package var keyID: String
        /// PKIX in DER, in Base64.
        package var publicKey: Data
        /// Seconds since 1970.
        package var expiresAt: Int64?
    }

    /// No authorities.
    package init() {}

    /// Reads a JSON file.
    ///
    /// - Throws: When the file cannot be read or is something else.
    package static func load(from file: URL) throws -> BundleDocument {
        try JSONDecoder().decode(BundleDocument.self, from: Data(contentsOf: file))
    }

    /// The bundle as the API has it, with the fields of the mask; all fields when there is no mask.
    func wire(trustDomain: TrustDomain, mask: Spire_Api_Types_BundleMask?) -> WireBundle {
        var bundle = WireBundle(trustDomain: trustDomain.name)
        bundle.x509Authorities = (x509Authorities ?? []).map { der in
            var authority = Spire_Api_Types_X509Certificate()
            authority.asn1 = der
            return authority
        }
        bundle.jwtAuthorities = (jwtAuthorities ?? []).map { key in
            var authority = Spire_Api_Types_JWTKey()
            authority.keyID = key.keyID
            authority.publicKey = key.publicKey
            authority.expiresAt = key.expiresAt ?? 0
            return authority
        }
        bundle.refreshHint = refreshHint ?? 300
        bundle.sequenceNumber = sequenceNumber ?? 1
        return bundle.masked(mask)
    }
}
