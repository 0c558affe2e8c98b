package import SPIREClient

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

extension Spire_Api_Types_Entry {
    /// The entry with only its ID and the fields of the mask; all fields when there is no mask.
    func masked(_ mask: WireMask?) -> WireEntry {
        guard let mask else { return self }
        var entry = self
        if !mask.spiffeID { entry.clearSpiffeID() }
        if !mask.parentID { entry.clearParentID() }
        if !mask.selectors { entry.selectors = [] }
        if !mask.x509SvidTtl { entry.x509SvidTtl = 0 }
        if !mask.jwtSvidTtl { entry.jwtSvidTtl = 0 }
        if !mask.federatesWith { entry.federatesWith = [] }
        if !mask.admin { entry.admin = false }
        if !mask.downstream { entry.downstream = false }
        if !mask.expiresAt { entry.expiresAt = 0 }
        if !mask.dnsNames { entry.dnsNames = [] }
        if !mask.revisionNumber { entry.revisionNumber = 0 }
        if !mask.storeSvid { entry.storeSvid = false }
        if !mask.hint { entry.hint = "" }
        if !mask.createdAt { entry.createdAt = 0 }
        if !mask.additionalAttributes { entry.clearAdditionalAttributes() }
        return entry
    }
}

extension Spire_Api_Types_EntryMask {
    /// Every field.
    static var all: WireMask {
        var mask = WireMask()
        mask.spiffeID = true
        mask.parentID = true
        mask.selectors = true
        mask.x509SvidTtl = true
        mask.jwtSvidTtl = true
        mask.federatesWith = true
        mask.admin = true
        mask.downstream = true
        mask.expiresAt = true
        mask.dnsNames = true
        mask.revisionNumber = true
        mask.storeSvid = true
        mask.hint = true
        mask.createdAt = true
        mask.additionalAttributes = true
        return mask
    }
}

/// An entry of the API.
package typealias WireEntry = Spire_Api_Types_Entry
/// Selects fields of an entry of the API.
package typealias WireMask = Spire_Api_Types_EntryMask
/// The status of one item of a batch.
package typealias WireStatus = Spire_Api_Types_Status
/// A SPIFFE ID of the API.
package typealias WireID = Spire_Api_Types_SPIFFEID
/// The bundle of a trust domain of the API.
package typealias WireBundle = Spire_Api_Types_Bundle
/// Result of creating one entry.
package typealias CreateResult = Spire_Api_Server_Entry_V1_BatchCreateEntryResponse.Result
/// Result of updating one entry.
package typealias UpdateResult = Spire_Api_Server_Entry_V1_BatchUpdateEntryResponse.Result
/// Result of deleting one entry.
package typealias DeleteResult = Spire_Api_Server_Entry_V1_BatchDeleteEntryResponse.Result
