import SPIREClient

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
