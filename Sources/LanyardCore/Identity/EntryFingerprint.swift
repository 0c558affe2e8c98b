package import LanyardAPI

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
            case .expiresAt: hasher.combine(entry.expiresAt)
            case .prefetch: hasher.combine(entry.disablesX509SVIDPrefetch)
            }
        }
        value = hasher.finalize()
    }
}
