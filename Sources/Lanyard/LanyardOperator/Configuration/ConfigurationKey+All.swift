import LanyardCore

/// The keys of the configuration.
extension ConfigurationKey {
    static let clusterName = Self(
        "clusterName", .required,
        "Name of the cluster, a DNS label; part of the name of everything that Lanyard owns, so never change it.")
    static let trustDomain = Self("trustDomain", .required, "SPIFFE trust domain of the SPIRE server.")
    static let spiffeIDTemplate = Self(
        "spiffeIDTemplate", .defaultsTo(PlanningSettings.defaultSPIFFEIDTemplate),
        "SPIFFE ID path of identities that do not say one; placeholders {namespace}, {name}, {serviceAccount}, "
            + "{cluster}, {trustDomain}.")
    static let namespace = Self(
        "namespace", .optional,
        "Namespace of the operator's own Lease and OwnershipRecords; where it runs if nothing is given.")
    static let watchNamespaces = Self(
        "watchNamespaces", .list, .optional,
        "Namespaces whose resources are acted on; all if the list is empty. For each of those named, rights there are enough."
    )

    static let spireAddress = Self(
        "spire.address", .defaultsTo("unix:///run/spire/server/private/api.sock"),
        "Admin API of the SPIRE server: unix:// and the absolute path of its socket, or tcp://host:port.")
    static let spireWorkloadAPI = Self(
        "spire.workloadAPI", .defaultsTo("unix:///run/spire/sockets/agent.sock"),
        "Workload API from which the operator has its own SVID: unix:// and the absolute path of its socket.")
    static let spireServerID = Self(
        "spire.serverID", .defaultsTo("/spire/server"),
        "SPIFFE ID of the SPIRE server, or its path: who must answer at a tcp:// address.")
    static let nodeAliasID = Self(
        "spire.nodeAlias.id", .defaultsTo("/ns/spire-system/sa/spire-agent"),
        "Parent of entries with placement Cluster: the SPIFFE ID (or its path) of a node alias, or of one agent.")
    static let nodeAliasManage = Self(
        "spire.nodeAlias.manage", .flag, .defaultsTo("true"),
        "Whether Lanyard keeps the node alias entry itself; false if somebody else does, or the ID is an agent's.")
    static let nodeAliasSelectors = Self(
        "spire.nodeAlias.selectors", .list, .optional,
        "Node selectors (type:value) of the agents that the alias stands for; required if it is managed.")
    static let agentIDTemplate = Self(
        "spire.agentIDTemplate", .defaultsTo(PlanningSettings.defaultAgentIDTemplate),
        "SPIFFE ID path of the agent on a node, parent of entries with placement Node and Pod; placeholders {cluster}, "
            + "{trustDomain}, {nodeUID}, {node}.")

    static let vaultAddress = Self(
        "vault.address", .required, "Vault or OpenBao: http:// or https://, host, and port if it is not the usual.")
    static let vaultCAFile = Self(
        "vault.caFile", .optional, "File with the PEM certificates to trust; the system's if nothing is given.")
    static let vaultClientCertificateFile = Self(
        "vault.clientCertificateFile", .optional,
        "File with the PEM client certificate and its chain, where Vault asks for one; with clientKeyFile.")
    static let vaultClientKeyFile = Self(
        "vault.clientKeyFile", .optional, "File with the PEM key of the client certificate.")
    static let vaultNamespace = Self("vault.namespace", .optional, "Vault namespace of all requests.")
    static let vaultAuthMethod = Self(
        "vault.auth.method", .defaultsTo("kubernetes"),
        "How the operator logs in: kubernetes (ServiceAccount token), jwtSVID (from spire.workloadAPI), or token (a "
            + "Vault token in a file).")
    static let vaultAuthMount = Self(
        "vault.auth.mount", .optional,
        "Mount of the auth method; kubernetes or, with method jwtSVID, jwt if nothing is given.")
    static let vaultAuthRole = Self(
        "vault.auth.role", .defaultsTo("lanyard"),
        "The operator's own role at that mount; no binding may take its name for a role or policy.")
    static let vaultAuthAudience = Self(
        "vault.auth.audience", .defaultsTo("vault"),
        "Audience of the operator's JWT-SVID. That of a ServiceAccount token is set where it is projected.")
    static let vaultAuthTokenFile = Self(
        "vault.auth.tokenFile", .optional,
        "File with the token, read again at each login. With method kubernetes "
            + "\(VaultConfiguration.serviceAccountTokenFile) if nothing is given; required with method token.")
    static let mountKubernetesAuth = Self(
        "vault.mounts.kubernetesAuth", .defaultsTo("kubernetes"), "Mount of the bindings' Kubernetes auth roles.")
    static let mountJWTAuth = Self("vault.mounts.jwtAuth", .defaultsTo("jwt"), "Mount of the bindings' JWT auth roles.")
    static let mountKV = Self("vault.mounts.kv", .defaultsTo("secret"), "Mount of KV secrets.")
    static let mountDatabase = Self("vault.mounts.database", .defaultsTo("database"), "Mount of database roles.")
    static let mountPKI = Self("vault.mounts.pki", .defaultsTo("pki"), "Mount of PKI roles.")
    static let mountTransit = Self("vault.mounts.transit", .defaultsTo("transit"), "Mount of transit keys.")
    static let vaultMaxConcurrentRequests = Self(
        "vault.maxConcurrentRequests", .number, .defaultsTo("16"), "Most requests to Vault at a time, 1 to 1024.")

    static let reconcileWorkers = Self(
        "reconcile.workers", .number, .defaultsTo("8"),
        "VaultMounts, and VaultRoleBindings of one namespace, that are worked on at a time, 1 to "
            + "\(ReconcileConfiguration.workerLimit); 64 times as many WorkloadIdentities.")
    static let reconcileResyncInterval = Self(
        "reconcile.resyncInterval", .duration, .defaultsTo("10m"),
        "How often each object is verified against SPIRE or Vault at least, 1s to 24h.")

    static let leaderElectionEnabled = Self(
        "leaderElection.enabled", .flag, .defaultsTo("true"),
        "Whether replicas elect one that acts. Only ever false where there is one replica.")
    static let leaderElectionLeaseDuration = Self(
        "leaderElection.leaseDuration", .duration, .defaultsTo("15s"),
        "How long others wait after the leader's last sign of life; at least a second longer than renewDeadline.")
    static let leaderElectionRenewDeadline = Self(
        "leaderElection.renewDeadline", .duration, .defaultsTo("10s"),
        "How long the leader acts without having renewed its Lease; more than 1s and a fifth longer than retryPeriod.")
    static let leaderElectionRetryPeriod = Self(
        "leaderElection.retryPeriod", .duration, .defaultsTo("2s"),
        "How often the Lease is renewed, or tried for while nobody holds it.")

    static let serverMetrics = Self(
        "server.metrics", .defaultsTo("0.0.0.0:8080"), "Address and port of the metrics; port 0 takes a free one.")
    static let serverHealth = Self(
        "server.health", .defaultsTo("0.0.0.0:8081"), "Address and port of /livez and /readyz.")

    static let metricsNamespaces = Self(
        "metrics.namespaces", .flag, .defaultsTo("true"),
        "Whether metrics say by namespace what is Ready and what is not; without it they name no namespace.")

    static let logLevel = Self(
        "log.level", .defaultsTo("info"), "trace, debug, info, notice, warning, error or critical.")
    static let logFormat = Self("log.format", .defaultsTo("json"), "json or text.")

    /// All of them, in the order of the documentation.
    static let all: [ConfigurationKey] = [
        clusterName, trustDomain, spiffeIDTemplate, namespace, watchNamespaces,
        spireAddress, spireWorkloadAPI, spireServerID, nodeAliasID, nodeAliasManage, nodeAliasSelectors,
        agentIDTemplate,
        vaultAddress, vaultCAFile, vaultClientCertificateFile, vaultClientKeyFile, vaultNamespace, vaultAuthMethod,
        vaultAuthMount, vaultAuthRole, vaultAuthAudience,
        vaultAuthTokenFile, mountKubernetesAuth, mountJWTAuth, mountKV, mountDatabase, mountPKI,
        mountTransit, vaultMaxConcurrentRequests,
        reconcileWorkers, reconcileResyncInterval,
        leaderElectionEnabled, leaderElectionLeaseDuration, leaderElectionRenewDeadline, leaderElectionRetryPeriod,
        serverMetrics, serverHealth, metricsNamespaces,
        logLevel, logFormat,
    ]

    /// The key of a name, if there is one.
    static func named(_ name: String) -> ConfigurationKey? {
        all.first { $0.name == name }
    }
}
