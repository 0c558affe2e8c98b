package import LanyardAPI

extension RegistrationEntry {
    /// Reads an entry of the wire. Everything that Lanyard does not manage is left out.
    ///
    /// - Throws: `SPIREError` with `malformedAnswer` when an ID or a selector does not parse.
    package init(wire: Spire_Api_Types_Entry) throws(SPIREError) {
        guard !wire.id.isEmpty, wire.hasSpiffeID, wire.hasParentID else {
            throw SPIREError(.malformedAnswer, "an entry lacks its ID, SPIFFE ID or parent")
        }
        var selectors: Set<WorkloadSelector> = []
        for selector in wire.selectors {
            try selectors.insert(WorkloadSelector(wire: selector))
        }
        try self.init(
            id: wire.id, spiffeID: SPIFFEID(wire: wire.spiffeID), parentID: SPIFFEID(wire: wire.parentID),
            selectors: selectors)
        x509SVIDTTL = wire.x509SvidTtl
        jwtSVIDTTL = wire.jwtSvidTtl
        dnsNames = wire.dnsNames
        federatesWith = Set(wire.federatesWith)
        isAdmin = wire.admin
        isDownstream = wire.downstream
        storesSVID = wire.storeSvid
        hint = wire.hint
        expiresAt = wire.expiresAt
        disablesX509SVIDPrefetch = wire.additionalAttributes.disableX509SvidPrefetch
        revisionNumber = wire.revisionNumber
        createdAt = wire.createdAt
    }

    /// The entry as the wire has it, sets sorted; without the fields that only the server writes.
    package var wire: Spire_Api_Types_Entry {
        var wire = Spire_Api_Types_Entry()
        wire.id = id
        wire.spiffeID = spiffeID.wire
        wire.parentID = parentID.wire
        wire.selectors = selectors.sorted().map(\.wire)
        wire.x509SvidTtl = x509SVIDTTL
        wire.jwtSvidTtl = jwtSVIDTTL
        wire.dnsNames = dnsNames
        wire.federatesWith = federatesWith.sorted()
        wire.admin = isAdmin
        wire.downstream = isDownstream
        wire.storeSvid = storesSVID
        wire.hint = hint
        wire.expiresAt = expiresAt
        if disablesX509SVIDPrefetch {
            wire.additionalAttributes.disableX509SvidPrefetch = true
        }
        return wire
    }
}
