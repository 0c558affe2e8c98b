package import LanyardAPI

/// Compares registration entries field by field; the ID and what only the server sets do not count.
package enum EntryComparison {
    /// The managed fields in which an entry is not as it should be.
    package static func differences(desired: RegistrationEntry, actual: RegistrationEntry) -> Set<EntryField> {
        Set(EntryField.allCases.filter { !isEqual($0, desired, actual) })
    }

    /// Names differing fields, with both values where they are short: `selectors, x509SVID.ttl (60, wanted 3600)`.
    package static func summary(
        _ fields: Set<EntryField>, desired: RegistrationEntry, actual: RegistrationEntry
    ) -> String {
        fields.sorted().map { field in
            guard let found = value(of: field, in: actual), let wanted = value(of: field, in: desired) else {
                return field.rawValue
            }
            return "\(field.rawValue) (\(found), wanted \(wanted))"
        }.joined(separator: ", ")
    }

    private static func isEqual(_ field: EntryField, _ left: RegistrationEntry, _ right: RegistrationEntry) -> Bool {
        switch field {
        case .spiffeID: left.spiffeID == right.spiffeID
        case .parentID: left.parentID == right.parentID
        case .selectors: left.selectors == right.selectors
        case .x509SVIDTTL: left.x509SVIDTTL == right.x509SVIDTTL
        case .jwtSVIDTTL: left.jwtSVIDTTL == right.jwtSVIDTTL
        // The server keeps no order: it answers with one or another.
        case .dnsNames: Set(left.dnsNames) == Set(right.dnsNames)
        case .federatesWith: left.federatesWith == right.federatesWith
        case .admin: left.isAdmin == right.isAdmin
        case .downstream: left.isDownstream == right.isDownstream
        case .storeSVID: left.storesSVID == right.storesSVID
        case .hint: left.hint == right.hint
        case .expiresAt: HeirMark.expiry(of: left) == HeirMark.expiry(of: right)
        case .prefetch: left.disablesX509SVIDPrefetch == right.disablesX509SVIDPrefetch
        }
    }

    private static func value(of field: EntryField, in entry: RegistrationEntry) -> String? {
        switch field {
        case .spiffeID: shortened(entry.spiffeID.description)
        case .parentID: shortened(entry.parentID.description)
        case .x509SVIDTTL: String(entry.x509SVIDTTL)
        case .jwtSVIDTTL: String(entry.jwtSVIDTTL)
        case .admin: String(entry.isAdmin)
        case .downstream: String(entry.isDownstream)
        case .storeSVID: String(entry.storesSVID)
        case .expiresAt: String(entry.expiresAt)
        case .prefetch: String(!entry.disablesX509SVIDPrefetch)
        case .selectors, .dnsNames, .federatesWith, .hint: nil
        }
    }

    private static func shortened(_ text: String) -> String {
        text.count <= 128 ? text : text.prefix(128) + "…"
    }
}

/// A short stand-in for the managed fields of an entry, to know whether one that was seen is the one that should be without
/// keeping it. Differs between processes, so it is never stored.
package struct EntryFingerprint: Hashable, Sendable {
    private let value: Int

    /// Takes the fingerprint of an entry; what only the server sets does not count.
    package init(of entry: RegistrationEntry) {
        var hasher = Hasher()
        for field in EntryField.allCases {
            switch field {
            case .spiffeID: hasher.combine(entry.spiffeID)
            case .parentID: hasher.combine(entry.parentID)
            case .selectors: hasher.combine(entry.selectors)
            case .x509SVIDTTL: hasher.combine(entry.x509SVIDTTL)
            case .jwtSVIDTTL: hasher.combine(entry.jwtSVIDTTL)
            case .dnsNames: hasher.combine(Set(entry.dnsNames))
            case .federatesWith: hasher.combine(entry.federatesWith)
            case .admin: hasher.combine(entry.isAdmin)
            case .downstream: hasher.combine(entry.isDownstream)
            case .storeSVID: hasher.combine(entry.storesSVID)
            case .hint: hasher.combine(entry.hint)
            case .expiresAt: hasher.combine(HeirMark.expiry(of: entry))
            case .prefetch: hasher.combine(entry.disablesX509SVIDPrefetch)
            }
        }
        value = hasher.finalize()
    }
}
