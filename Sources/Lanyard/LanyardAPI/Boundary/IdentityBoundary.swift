package import KubernetesModel

/// What namespaces may ask for: the platform team's fence.
package struct IdentityBoundary: ConditionedResource {
    package static let descriptor = ResourceDescriptor(
        group: LanyardGroup.name, version: LanyardGroup.version, kind: "IdentityBoundary",
        plural: "identityboundaries", isNamespaced: false)
    package static let projection = ObjectProjection.ofPlatform

    package var metadata: ObjectMeta
    package var spec: IdentityBoundarySpec
    package var status: IdentityBoundaryStatus?

    /// A boundary as it is stored.
    package init(metadata: ObjectMeta, spec: IdentityBoundarySpec = .init(), status: IdentityBoundaryStatus? = nil) {
        self.metadata = metadata
        self.spec = spec
        self.status = status
    }
}

/// What the platform team allows. What is absent is not allowed, save where a field says otherwise.
package struct IdentityBoundarySpec: Codable, Equatable, Sendable {
    package var namespaces: Namespaces?
    package var onViolation: OnViolation?
    package var identity: Identity?
    package var vault: Vault?
    package var allowOrphan: Bool?
    package var allowPause: Bool?
    /// Whether authors may ask for `driftPolicy: Report`; true when absent.
    package var allowReportOnly: Bool?
    package var allowAdoption: Bool?
    /// Whether patterns may be the same for several namespaces, though names of ServiceAccounts and resources, which
    /// every namespace chooses for itself, are part of them.
    package var sharedNames: Bool?

    /// Allows nothing to nobody.
    package init() {}

    /// Which namespaces; one of the two suffices.
    package struct Namespaces: Codable, Equatable, Sendable {
        /// Names; a trailing `*` stands for any rest.
        package var names: [String]?
        package var selector: NamespaceSelector?

        /// Selects no namespace, where neither is given.
        package init(names: [String]? = nil, selector: NamespaceSelector? = nil) {
            self.names = names
            self.selector = selector
        }
    }

    /// What happens to what exists when its resource falls outside.
    package enum OnViolation: String, Codable, CaseIterable, Sendable {
        /// It stays as it is.
        case retain = "Retain"
        /// What was made for the resource is deleted.
        case withdraw = "Withdraw"
    }

    /// What WorkloadIdentities may ask for.
    package struct Identity: Codable, Equatable, Sendable {
        /// Patterns of paths of SPIFFE IDs.
        package var spiffeIDs: [String]?
        /// Patterns of DNS names, in which `*` is one label.
        package var dnsNames: [String]?
        package var federatesWith: [String]?
        /// Where entries may be parented; anywhere when absent.
        package var placements: [WorkloadIdentitySpec.Placement]?
        package var maxX509TTL: String?
        package var maxJWTTTL: String?
        package var allowAdmin: Bool?
        package var allowDownstream: Bool?
        package var allowStoreSVID: Bool?

        /// Allows no name and no setting that has to be allowed.
        package init() {}
    }

    /// What VaultRoleBindings may ask for.
    package struct Vault: Codable, Equatable, Sendable {
        /// Patterns of names of roles, policies and database roles.
        package var names: [String]?
        /// The configured mounts when absent.
        package var authMounts: [String]?
        /// Patterns of mounts of secrets engines beside the configured ones. Below what is not known to be one, a path
        /// could be that of a namespace of the server.
        package var secretsMounts: [String]?
        package var maxTokenTTL: String?
        package var allowPeriodicTokens: Bool?
        /// Patterns of names of policies.
        package var extraPolicies: [String]?
        package var paths: [Path]?
        package var databases: [Database]?

        /// Allows no path and no name in Vault.
        package init() {}
    }

    /// A pattern of paths in Vault, and what may be done there.
    package struct Path: Codable, Equatable, Sendable {
        package var path: String
        package var capabilities: [String]

        /// Allows these capabilities below the path, and no others.
        package init(path: String, capabilities: [String]) {
            self.path = path
            self.capabilities = capabilities
        }
    }

    /// A database connection, and what roles there may be made of.
    package struct Database: Codable, Equatable, Sendable {
        /// The configured mount when absent.
        package var mount: String?
        package var connection: String
        /// Patterns of names of DatabaseRoleTemplates.
        package var templates: [String]?
        package var inlineStatements: Bool?
        package var staticUsernames: [String]?

        /// Allows nothing at a connection.
        package init(
            mount: String? = nil, connection: String, templates: [String]? = nil, inlineStatements: Bool? = nil,
            staticUsernames: [String]? = nil
        ) {
            self.mount = mount
            self.connection = connection
            self.templates = templates
            self.inlineStatements = inlineStatements
            self.staticUsernames = staticUsernames
        }
    }
}

/// What is true of an IdentityBoundary. Only ever output.
package struct IdentityBoundaryStatus: ConditionedStatus {
    package var observedGeneration: Int64?
    /// Namespaces that it matches.
    package var namespaces: Int?
    /// WorkloadIdentities and VaultRoleBindings in those namespaces.
    package var resources: Int?
    /// How many of these ask for more than their namespaces are allowed.
    package var violating: Int?
    package var conditions: [Condition]?

    /// No pass has been over it yet.
    package init() {}
}
