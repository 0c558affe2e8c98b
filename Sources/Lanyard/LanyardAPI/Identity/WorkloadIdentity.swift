package import KubernetesModel

/// A SPIFFE identity for the pods of one ServiceAccount.
package struct WorkloadIdentity: ConditionedResource {
    package static let descriptor = ResourceDescriptor(
        group: LanyardGroup.name, version: LanyardGroup.version, kind: "WorkloadIdentity",
        plural: "workloadidentities", isNamespaced: true)
    package static let projection = ObjectProjection.ofTenants

    package var metadata: ObjectMeta
    package var spec: WorkloadIdentitySpec
    package var status: WorkloadIdentityStatus?

    /// An identity as it is stored.
    package init(metadata: ObjectMeta, spec: WorkloadIdentitySpec = .init(), status: WorkloadIdentityStatus? = nil) {
        self.metadata = metadata
        self.spec = spec
        self.status = status
    }
}

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

    /// How X.509-SVIDs of the identity are made.
    package struct X509SVID: Codable, Equatable, Sendable {
        package var ttl: String?
        package var dnsNames: [String]?
        package var prefetch: Bool?

        /// What is left out is the planner's to fill in.
        package init(ttl: String? = nil, dnsNames: [String]? = nil, prefetch: Bool? = nil) {
            self.ttl = ttl
            self.dnsNames = dnsNames
            self.prefetch = prefetch
        }
    }

    /// How JWT-SVIDs of the identity are made.
    package struct JWTSVID: Codable, Equatable, Sendable {
        package var ttl: String?

        /// What is left out is the planner's to fill in.
        package init(ttl: String? = nil) { self.ttl = ttl }
    }
}

/// What is true of a WorkloadIdentity. Only ever output.
package struct WorkloadIdentityStatus: ConditionedStatus {
    package var observedGeneration: Int64?
    package var spiffeID: String?
    package var parentID: String?
    /// Where the entries are parented, also where the spec does not say it.
    package var placement: WorkloadIdentitySpec.Placement?
    package var entryCount: Int?
    /// At most 20 of the entries.
    package var entries: [Entry]?
    package var conditions: [Condition]?

    /// No pass has been over it yet.
    package init() {}

    /// One registration entry, as far as it helps people to find it.
    package struct Entry: Codable, Equatable, Sendable {
        package var id: String
        package var parentID: String
        package var node: String?
        package var pod: String?

        /// An entry for the whole cluster, where neither node nor pod is given.
        package init(id: String, parentID: String, node: String? = nil, pod: String? = nil) {
            self.id = id
            self.parentID = parentID
            self.node = node
            self.pod = pod
        }
    }
}
