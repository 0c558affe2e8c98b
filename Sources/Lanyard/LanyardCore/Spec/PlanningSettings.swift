package import LanyardAPI

/// What the operator's configuration contributes to every plan.
package struct PlanningSettings: Equatable, Sendable {
    /// The cluster's name, a DNS label; part of every owned name.
    package var clusterName: String
    /// The trust domain in which identities are issued.
    package var trustDomain: TrustDomain
    /// The SPIFFE ID of identities that do not say one: a path with placeholders.
    package var spiffeIDTemplate: String
    /// Parent of the entries with placement `Cluster`.
    package var nodeAlias: SPIFFEID
    /// Parents of the entries with placement `Node` and `Pod`: the SPIFFE ID of the agent on a node.
    package var agentIDTemplate: PlaceholderTemplate
    /// Mounts that bindings use when they do not say one.
    package var mounts: MountNames
    /// Vault names that no binding may take: the operator's own role and policy names.
    package var reservedVaultNames: Set<String>
    /// SPIFFE IDs that no identity may have: the operator's own.
    package var reservedSPIFFEIDs: Set<SPIFFEID>

    /// The default of `spiffeIDTemplate`.
    package static let defaultSPIFFEIDTemplate = "/ns/{namespace}/sa/{serviceAccount}"

    /// The default of `agentIDTemplate`, as a text.
    package static let defaultAgentIDTemplate = "/spire/agent/k8s_psat/{cluster}/{nodeUID}"

    /// Gathers settings; they are checked where the configuration is read.
    ///
    /// - Parameter agentIDTemplate: nil for the default.
    package init(
        clusterName: String, trustDomain: TrustDomain,
        spiffeIDTemplate: String = PlanningSettings.defaultSPIFFEIDTemplate, nodeAlias: SPIFFEID,
        agentIDTemplate: PlaceholderTemplate? = nil, mounts: MountNames, reservedVaultNames: Set<String> = [],
        reservedSPIFFEIDs: Set<SPIFFEID> = []
    ) {
        self.clusterName = clusterName
        self.trustDomain = trustDomain
        self.spiffeIDTemplate = spiffeIDTemplate
        self.nodeAlias = nodeAlias
        self.agentIDTemplate = agentIDTemplate ?? .defaultAgentID
        self.mounts = mounts
        self.reservedVaultNames = reservedVaultNames
        self.reservedSPIFFEIDs = reservedSPIFFEIDs
    }
}

/// Where the engines and auth methods are mounted, for bindings that do not say (`vault.mounts` of the configuration).
package struct MountNames: Equatable, Sendable {
    /// The Kubernetes auth method, below `auth/`.
    package var kubernetesAuth: String
    /// The JWT auth method, below `auth/`.
    package var jwtAuth: String
    /// The KV engine of `spec.access.kv`.
    package var kv: String
    /// The database engine of `spec.databaseRoles`.
    package var database: String
    /// The PKI engine of `spec.access.pki`.
    package var pki: String
    /// The transit engine of `spec.access.transit`.
    package var transit: String

    /// Takes Vault's customary names for what is not given.
    package init(
        kubernetesAuth: String = "kubernetes", jwtAuth: String = "jwt", kv: String = "secret",
        database: String = "database", pki: String = "pki", transit: String = "transit"
    ) {
        self.kubernetesAuth = kubernetesAuth
        self.jwtAuth = jwtAuth
        self.kv = kv
        self.database = database
        self.pki = pki
        self.transit = transit
    }

    /// Those of secrets engines.
    var engines: [String] { [kv, database, pki, transit] }
}
