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
    /// Mounts that bindings use when they do not say one.
    package var mounts: VaultMounts
    /// Vault names that no binding may take: the operator's own role and policy names.
    package var reservedVaultNames: Set<String>

    /// The default of `spiffeIDTemplate`.
    package static let defaultSPIFFEIDTemplate = "/ns/{namespace}/sa/{serviceAccount}"

    /// Gathers settings; they are checked where the configuration is read.
    package init(
        clusterName: String, trustDomain: TrustDomain,
        spiffeIDTemplate: String = PlanningSettings.defaultSPIFFEIDTemplate, nodeAlias: SPIFFEID,
        mounts: VaultMounts, reservedVaultNames: Set<String> = []
    ) {
        self.clusterName = clusterName
        self.trustDomain = trustDomain
        self.spiffeIDTemplate = spiffeIDTemplate
        self.nodeAlias = nodeAlias
        self.mounts = mounts
        self.reservedVaultNames = reservedVaultNames
    }
}
