/// Where the engines and auth methods are mounted, for bindings that do not say (`vault.mounts` of the configuration).
package struct VaultMounts: Equatable, Sendable {
    /// The Kubernetes auth method, below `auth/`.
    package var kubernetesAuth: String
    /// The JWT auth method, below `auth/`.
    package var jwtAuth: String
    /// The KV engine.
    package var kv: String
    /// The database engine.
    package var database: String
    /// The PKI engine.
    package var pki: String
    /// The transit engine.
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
