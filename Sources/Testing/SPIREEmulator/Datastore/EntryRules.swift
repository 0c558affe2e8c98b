import SPIREClient

/// What the server demands of an entry, in the order in which it does.
struct EntryRules: Sendable {
    /// Rules for its IDs.
    let ids: SPIFFEIDRules

    /// Converts the masked fields of an entry of the API; nothing else is looked at. The first flaw wins: parent, SPIFFE
    /// ID, DNS names, federated trust domains, selectors, hint.
    ///
    /// - Throws: `CallFailure` as the API layer reports it.
    func convert(_ wire: WireEntry, mask: WireMask) throws(CallFailure) -> StoredEntry {
        do {
            return try checked(wire, mask: mask)
        } catch {
            throw error.wrapped("failed to convert entry")
        }
    }

    private func checked(_ wire: WireEntry, mask: WireMask) throws(CallFailure) -> StoredEntry {
        var entry = StoredEntry(id: wire.id, spiffeID: "", parentID: "", selectors: [])
        if mask.parentID {
            guard wire.hasParentID else { throw .invalidArgument("invalid parent ID: request must specify SPIFFE ID") }
            do { entry.parentID = try ids.member(wire.parentID) } catch { throw error.wrapped("invalid parent ID") }
        }
        if mask.spiffeID {
            guard wire.hasSpiffeID else { throw .invalidArgument("invalid spiffe ID: request must specify SPIFFE ID") }
            do { entry.spiffeID = try ids.workload(wire.spiffeID) } catch { throw error.wrapped("invalid spiffe ID") }
        }
        if mask.dnsNames {
            for name in wire.dnsNames {
                if let flaw = DNSNameRules.flaw(in: name) { throw .invalidArgument("invalid DNS name: \(flaw)") }
            }
            entry.dnsNames = wire.dnsNames
        }
        if mask.federatesWith {
            var names: Set<String> = []
            for trustDomain in wire.federatesWith {
                do {
                    names.insert(try SPIFFEIDRules.trustDomainName(trustDomain))
                } catch {
                    throw error.wrapped("invalid federated trust domain")
                }
            }
            entry.federatesWith = names.sorted()
        }
        if mask.selectors {
            entry.selectors = try Self.selectors(wire.selectors)
        }
        if mask.hint {
            guard wire.hint.utf8.count <= 1024 else {
                throw .invalidArgument("hint is too long, max length is 1024 characters")
            }
            entry.hint = wire.hint
        }
        entry.x509SVIDTTL = wire.x509SvidTtl
        entry.jwtSVIDTTL = wire.jwtSvidTtl
        entry.admin = wire.admin
        entry.downstream = wire.downstream
        entry.expiresAt = wire.expiresAt
        entry.storeSVID = wire.storeSvid
        if wire.hasAdditionalAttributes {
            entry.additionalAttributes = .init(
                disableX509SVIDPrefetch: wire.additionalAttributes.disableX509SvidPrefetch,
                jwtSVIDIncludeJTI: wire.additionalAttributes.jwtSvidIncludeJti)
        }
        return entry
    }

    /// Converts selectors, of entries and of filters.
    ///
    /// - Throws: `CallFailure` with what is wrong with them.
    static func selectors(_ wire: [Spire_Api_Types_Selector]) throws(CallFailure) -> [StoredEntry.Selector] {
        guard !wire.isEmpty else { throw .invalidArgument("selector list is empty") }
        var selectors: [StoredEntry.Selector] = []
        for selector in wire {
            guard !selector.type.isEmpty else { throw .invalidArgument("missing selector type") }
            guard !selector.type.contains(":") else { throw .invalidArgument("selector type contains ':'") }
            guard !selector.value.isEmpty else { throw .invalidArgument("missing selector value") }
            selectors.append(StoredEntry.Selector(type: selector.type, value: selector.value))
        }
        return selectors
    }

    /// Checks an ID that a client chose.
    ///
    /// - Throws: `CallFailure` as the datastore reports it.
    static func check(customID id: String) throws(CallFailure) {
        guard id.utf8.count <= 255 else {
            throw .invalidArgument("datastore-validation: invalid registration entry: entry ID too long")
        }
        let isAllowed = id.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
            default: false
            }
        }
        guard isAllowed else {
            throw .invalidArgument(
                "datastore-validation: invalid registration entry: entry ID contains invalid characters")
        }
    }

    /// Checks the rules that concern a whole new entry.
    ///
    /// - Throws: `CallFailure` as the datastore reports it.
    static func check(new entry: StoredEntry) throws(CallFailure) {
        if entry.storeSVID {
            guard entry.additionalAttributes?.disableX509SVIDPrefetch != true else {
                throw .invalidArgument(
                    "datastore-validation: specifying cache behaviour is incompatible with storable SVIDs")
            }
            try checkTypes(of: entry.selectors)
        }
        try checkLifetimes(of: entry)
    }

    /// Checks the rules that concern a changed entry. The server looks at the types of selectors only where it is sent
    /// some.
    ///
    /// - Parameters:
    ///   - entry: As it is going to be stored.
    ///   - mask: What is changed.
    /// - Throws: `CallFailure` as the datastore reports it.
    static func check(changed entry: StoredEntry, mask: WireMask) throws(CallFailure) {
        try checkLifetimes(of: entry)
        if entry.storeSVID, mask.selectors { try checkTypes(of: entry.selectors) }
    }

    private static func checkTypes(of selectors: [StoredEntry.Selector]) throws(CallFailure) {
        guard Set(selectors.map(\.type)).count <= 1 else {
            throw .invalidArgument(
                "datastore-validation: invalid registration entry: selector types must be the same when store SVID is enabled"
            )
        }
    }

    private static func checkLifetimes(of entry: StoredEntry) throws(CallFailure) {
        guard entry.x509SVIDTTL >= 0 else {
            throw .invalidArgument("datastore-validation: invalid registration entry: X509SvidTtl is not set")
        }
        guard entry.jwtSVIDTTL >= 0 else {
            throw .invalidArgument("datastore-validation: invalid registration entry: JwtSvidTtl is not set")
        }
    }
}
