/// A SPIRE registration entry, in the canonical form in which entries are compared: selectors and federated trust
/// domains are sets.
package struct RegistrationEntry: Equatable, Sendable {
    package var id: String
    package var spiffeID: SPIFFEID
    package var parentID: SPIFFEID
    package var selectors: Set<WorkloadSelector>
    /// Lifetime of X.509-SVIDs in seconds; 0 is the server's default.
    package var x509SVIDTTL: Int32 = 0
    /// Lifetime of JWT-SVIDs in seconds; 0 is the server's default.
    package var jwtSVIDTTL: Int32 = 0
    /// As they were asked for, or as the server happened to answer: it does not keep their order, so they are compared as a
    /// set. What it takes for the first one becomes the certificate's common name.
    package var dnsNames: [String] = []
    /// Names of trust domains.
    package var federatesWith: Set<String> = []
    package var isAdmin = false
    package var isDownstream = false
    package var storesSVID = false
    package var hint = ""
    /// Seconds since 1970 at which the entry expires; 0 is never.
    package var expiresAt: Int64 = 0
    package var disablesX509SVIDPrefetch = false
    /// Raised by the server at each update; output only.
    package var revisionNumber: Int64 = 0
    /// Seconds since 1970; output only.
    package var createdAt: Int64 = 0

    /// Makes an entry with the server's defaults.
    package init(id: String, spiffeID: SPIFFEID, parentID: SPIFFEID, selectors: Set<WorkloadSelector>) {
        self.id = id
        self.spiffeID = spiffeID
        self.parentID = parentID
        self.selectors = selectors
    }

    /// What makes two entries similar for SPIRE: it refuses to create a second one.
    package var tuple: Tuple { Tuple(spiffeID: spiffeID, parentID: parentID, selectors: selectors) }

    /// SPIFFE ID, parent and exact selectors.
    package struct Tuple: Hashable, Sendable {
        package let spiffeID: SPIFFEID
        package let parentID: SPIFFEID
        package let selectors: Set<WorkloadSelector>

        /// The order of selectors does not count.
        package init(spiffeID: SPIFFEID, parentID: SPIFFEID, selectors: Set<WorkloadSelector>) {
            self.spiffeID = spiffeID
            self.parentID = parentID
            self.selectors = selectors
        }
    }
}

/// A field of a registration entry that Lanyard manages; the raw value is what people read in messages.
package enum EntryField: String, CaseIterable, Sendable, Comparable {
    case spiffeID
    case parentID
    case selectors
    case x509SVIDTTL = "x509SVID.ttl"
    case jwtSVIDTTL = "jwtSVID.ttl"
    case dnsNames = "x509SVID.dnsNames"
    case federatesWith
    case admin
    case downstream
    case storeSVID
    case hint
    case expiresAt
    case prefetch = "x509SVID.prefetch"

    /// By the name that specs have for it.
    package static func < (left: EntryField, right: EntryField) -> Bool { left.rawValue < right.rawValue }
}

/// One selector of a registration entry or an agent, written `type:value`.
package struct WorkloadSelector: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The attestor, such as `k8s`; not empty, without colon.
    package let type: String
    /// What the attestor must have found; not empty, colons allowed.
    package let value: String

    /// Checks and makes a selector; nil when the type is empty or has a colon, or the value is empty.
    package init?(type: String, value: String) {
        guard !type.isEmpty, !type.contains(":"), !value.isEmpty else { return nil }
        self.type = type
        self.value = value
    }

    /// Parses `type:value`; nil when it is not of that form.
    package init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        self.init(type: String(text[..<colon]), value: String(text[text.index(after: colon)...]))
    }

    /// `type:value`, as specs and SPIRE's tools write it.
    package var description: String { "\(type):\(value)" }

    /// Orders by type, then value.
    package static func < (left: WorkloadSelector, right: WorkloadSelector) -> Bool {
        (left.type, left.value) < (right.type, right.value)
    }
}
