import SPIREClient

/// A registration entry as it is stored: IDs are plain text, so a stored entry can be malformed.
package struct StoredEntry: Codable, Equatable, Sendable {
    package var id: String
    /// `spiffe://trust-domain/path`.
    package var spiffeID: String
    /// `spiffe://trust-domain/path`.
    package var parentID: String
    package var selectors: [Selector]
    /// Seconds.
    package var x509SVIDTTL: Int32 = 0
    /// Seconds.
    package var jwtSVIDTTL: Int32 = 0
    /// Names of trust domains, each once.
    package var federatesWith: [String] = []
    package var admin = false
    package var downstream = false
    /// Seconds since 1970.
    package var expiresAt: Int64 = 0
    package var dnsNames: [String] = []
    package var revisionNumber: Int64 = 0
    package var storeSVID = false
    package var hint = ""
    /// Seconds since 1970.
    package var createdAt: Int64 = 0
    package var additionalAttributes: AdditionalAttributes?

    /// Makes an entry.
    package init(id: String, spiffeID: String, parentID: String, selectors: [Selector]) {
        self.id = id
        self.spiffeID = spiffeID
        self.parentID = parentID
        self.selectors = selectors
    }

    /// A selector.
    package struct Selector: Codable, Hashable, Sendable {
        package var type: String
        package var value: String

        /// Makes a selector.
        package init(type: String, value: String) {
            self.type = type
            self.value = value
        }
    }

    /// What later versions of the server have added.
    package struct AdditionalAttributes: Codable, Equatable, Sendable {
        package var disableX509SVIDPrefetch: Bool
        package var jwtSVIDIncludeJTI: Bool

        /// Sets all of them.
        package init(disableX509SVIDPrefetch: Bool, jwtSVIDIncludeJTI: Bool) {
            self.disableX509SVIDPrefetch = disableX509SVIDPrefetch
            self.jwtSVIDIncludeJTI = jwtSVIDIncludeJTI
        }
    }

    /// The entry as the API has it; nil when the stored text is malformed.
    var wire: WireEntry? {
        guard let spiffeID = SPIFFEIDRules.parse(spiffeID), let parentID = SPIFFEIDRules.parse(parentID) else {
            return nil
        }
        var wire = WireEntry()
        wire.id = id
        wire.spiffeID = spiffeID
        wire.parentID = parentID
        wire.selectors = selectors.map { selector in
            var wire = Spire_Api_Types_Selector()
            wire.type = selector.type
            wire.value = selector.value
            return wire
        }
        wire.x509SvidTtl = x509SVIDTTL
        wire.jwtSvidTtl = jwtSVIDTTL
        wire.federatesWith = federatesWith
        wire.admin = admin
        wire.downstream = downstream
        wire.expiresAt = expiresAt
        wire.dnsNames = dnsNames
        wire.revisionNumber = revisionNumber
        wire.storeSvid = storeSVID
        wire.hint = hint
        wire.createdAt = createdAt
        if let additionalAttributes {
            wire.additionalAttributes.disableX509SvidPrefetch = additionalAttributes.disableX509SVIDPrefetch
            wire.additionalAttributes.jwtSvidIncludeJti = additionalAttributes.jwtSVIDIncludeJTI
        }
        return wire
    }

    /// The entry as the API answers a write: a real server reads its DNS names back in whatever order an index has them.
    var written: WireEntry? {
        var wire = wire
        wire?.dnsNames.sort()
        return wire
    }

    /// Takes the fields of the mask over from another entry; the ID and what only the server writes stay.
    mutating func take(_ mask: WireMask, from other: StoredEntry) {
        if mask.spiffeID { spiffeID = other.spiffeID }
        if mask.parentID { parentID = other.parentID }
        if mask.selectors { selectors = other.selectors }
        if mask.x509SvidTtl { x509SVIDTTL = other.x509SVIDTTL }
        if mask.jwtSvidTtl { jwtSVIDTTL = other.jwtSVIDTTL }
        if mask.federatesWith { federatesWith = other.federatesWith }
        if mask.admin { admin = other.admin }
        if mask.downstream { downstream = other.downstream }
        if mask.expiresAt { expiresAt = other.expiresAt }
        if mask.dnsNames { dnsNames = other.dnsNames }
        if mask.storeSvid { storeSVID = other.storeSVID }
        if mask.hint { hint = other.hint }
        if mask.additionalAttributes { additionalAttributes = other.additionalAttributes }
    }
}
