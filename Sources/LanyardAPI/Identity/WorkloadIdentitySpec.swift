/// What the author of a WorkloadIdentity asks for. Nothing is defaulted here; see `LanyardCore`.
package struct WorkloadIdentitySpec: Codable, Equatable, Sendable {
    package var serviceAccountName: String?
    package var spiffeID: String?
    package var podSelector: PodSelector?
    package var containerName: String?
    package var selectors: [String]?
    package var placement: Placement?
    package var x509SVID: X509SVID?
    package var jwtSVID: JWTSVID?
    package var federatesWith: [String]?
    package var admin: Bool?
    package var downstream: Bool?
    package var storeSVID: Bool?
    package var hint: String?
    package var driftPolicy: DriftPolicy?
    package var deletionPolicy: DeletionPolicy?

    /// Asks for the defaults.
    package init() {}

    /// Which pods, by labels.
    package struct PodSelector: Codable, Equatable, Sendable {
        package var matchLabels: [String: String]?

        /// Selects pods with all these labels.
        package init(matchLabels: [String: String]?) { self.matchLabels = matchLabels }
    }

    /// Where the entry is parented.
    package enum Placement: String, Codable, CaseIterable, Sendable {
        case cluster = "Cluster"
        case node = "Node"
        case pod = "Pod"
    }

    /// Settings of X.509-SVIDs.
    package struct X509SVID: Codable, Equatable, Sendable {
        package var ttl: String?
        package var dnsNames: [String]?
        package var prefetch: Bool?

        /// Makes settings.
        package init(ttl: String? = nil, dnsNames: [String]? = nil, prefetch: Bool? = nil) {
            self.ttl = ttl
            self.dnsNames = dnsNames
            self.prefetch = prefetch
        }
    }

    /// Settings of JWT-SVIDs.
    package struct JWTSVID: Codable, Equatable, Sendable {
        package var ttl: String?

        /// Makes settings.
        package init(ttl: String? = nil) { self.ttl = ttl }
    }
}
