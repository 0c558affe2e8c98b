package import LanyardAPI

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
