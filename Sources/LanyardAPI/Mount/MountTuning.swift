/// Settings that every mount has; what is absent is the server's default.
package struct MountTuning: Codable, Equatable, Sendable {
    package var defaultLeaseTTL: String?
    package var maxLeaseTTL: String?
    /// `hidden` or `unauth`.
    package var listingVisibility: String?
    /// Members of requests that audit logs show in clear.
    package var auditNonHMACRequestKeys: [String]?
    /// Members of answers that audit logs show in clear.
    package var auditNonHMACResponseKeys: [String]?

    /// Makes settings.
    package init(
        defaultLeaseTTL: String? = nil, maxLeaseTTL: String? = nil, listingVisibility: String? = nil,
        auditNonHMACRequestKeys: [String]? = nil, auditNonHMACResponseKeys: [String]? = nil
    ) {
        self.defaultLeaseTTL = defaultLeaseTTL
        self.maxLeaseTTL = maxLeaseTTL
        self.listingVisibility = listingVisibility
        self.auditNonHMACRequestKeys = auditNonHMACRequestKeys
        self.auditNonHMACResponseKeys = auditNonHMACResponseKeys
    }
}
