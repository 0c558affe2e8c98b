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

extension ListedEntry {
    /// Reads an item of a listing.
    package init(wire: Spire_Api_Types_Entry, content: EntryPageRequest.Content) {
        self.init(
            id: wire.id, revisionNumber: wire.revisionNumber, createdAt: wire.createdAt, content: .revision)
        guard content == .entries else { return }
        do {
            self.content = .entry(try RegistrationEntry(wire: wire))
        } catch {
            self.content = .unreadable
        }
    }
}

extension Spire_Api_Server_Entry_V1_ListEntriesRequest {
    /// Asks for a page.
    package init(_ request: EntryPageRequest) {
        self.init()
        if !request.filter.isEmpty { filter = request.filter.wire }
        if request.content == .revisions {
            outputMask.revisionNumber = true
            outputMask.createdAt = true
        }
        pageSize = request.position.size
        pageToken = request.position.token
    }
}

extension EntryFilter {
    /// Whether no filter is set.
    package var isEmpty: Bool { spiffeID == nil && parentID == nil && selectors == nil }

    /// The filter as the wire has it.
    package var wire: Spire_Api_Server_Entry_V1_ListEntriesRequest.Filter {
        var wire = Spire_Api_Server_Entry_V1_ListEntriesRequest.Filter()
        if let spiffeID { wire.bySpiffeID = spiffeID.wire }
        if let parentID { wire.byParentID = parentID.wire }
        if let selectors { wire.bySelectors = selectors.wireMatch(.matchExact) }
        return wire
    }
}

extension Spire_Api_Types_EntryMask {
    /// A mask of exactly these fields.
    ///
    /// `prefetch` masks all additional attributes: the API has no finer mask.
    package init(_ fields: Set<EntryField>) {
        self.init()
        for field in fields {
            switch field {
            case .spiffeID: spiffeID = true
            case .parentID: parentID = true
            case .selectors: selectors = true
            case .x509SVIDTTL: x509SvidTtl = true
            case .jwtSVIDTTL: jwtSvidTtl = true
            case .dnsNames: dnsNames = true
            case .federatesWith: federatesWith = true
            case .admin: admin = true
            case .downstream: downstream = true
            case .storeSVID: storeSvid = true
            case .hint: hint = true
            case .expiresAt: expiresAt = true
            case .prefetch: additionalAttributes = true
            }
        }
    }
}
