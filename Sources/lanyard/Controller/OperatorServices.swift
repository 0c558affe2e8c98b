import ControllerRuntime
import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import Logging
import PrometheusExposition
import SPIREClient
import ServiceLifecycle
import VaultClient

/// Everything that runs in the operator's process, wired.
struct OperatorServices {
    /// What belongs to each part.
    let parts: [OperatorPart: [any Service]]

    /// Wires the operator.
    ///
    /// - Throws: errors that name the file or key which cannot be used.
    init(
        configuration: OperatorConfiguration, kubeconfig: String?, metrics: PrometheusRegistry,
        environment: Environment, logger: Logger
    ) throws {
        let cluster = try ClusterConfiguration.load(kubeconfig: kubeconfig, environment: environment)
        let api = try KubernetesClient(
            cluster, userAgent: Lanyard.userAgent, environment: environment,
            // Three kinds for each namespace that is watched by itself.
            maximumWatches: 32 + 3 * configuration.watchNamespaces.count, logger: logger)
        let identity = "\(environment.variable("HOSTNAME") ?? "lanyard")_\(environment.makeUUID())"
        let namespace = configuration.namespace ?? cluster.namespace ?? "lanyard-system"
        let election = try Election(
            configuration: configuration.leaderElection, namespace: namespace, identity: identity,
            api: api.forLeaderElection,
            environment: environment, logger: logger)
        guard let address = SPIREServerAddress(configuration.spire.address) else {
            throw ConfigurationProblems(problems: ["spire.address: must be unix:// or tcp://"])
        }
        let own = try OwnIdentity(configuration.spire, environment: environment, logger: logger)
        let spire = try SPIREServerConnection(
            address: address, tls: ServerTLS(own.source, serverID: configuration.spire.serverID),
            fence: { election.timeToWrite() })
        // An operator that uses neither asks no agent, and needs none.
        let needsOwnIdentity = address.needsTLS || configuration.vault.authMethod == .jwtSVID
        let vaultForgot = Relay()
        let vault = try VaultConnection(
            VaultConnectionConfiguration(configuration.vault), jwtSource: WorkloadJWTSource(own.connection),
            environment: environment, logger: logger,
            fence: { election.timeToWrite() }, onForgotten: vaultForgot.send)
        let events = KubernetesEventRecorder(
            api: api, controller: "lanyard.dev/controller", instance: identity, environment: environment,
            logger: logger, metricsPrefix: "lanyard")
        let controllers = try ControllerServices(
            configuration: configuration, api: api, namespace: namespace, registry: MeteredRegistry(spire),
            vault: MeteredVault(vault), events: MeteredEvents(events), own: needsOwnIdentity ? own : nil,
            election: election, environment: environment, logger: logger)
        vaultForgot.onSignal(controllers.verifyVault)
        let process = ProcessMetrics()
        let telemetry = TelemetryServers(
            configuration: configuration.server,
            metrics: {
                controllers.updateGauges()
                process.update()
                return metrics.render()
            },
            readiness: [.ping] + controllers.readinessChecks,
            liveness: [.ping, election.livenessCheck, controllers.livenessCheck], logger: logger)
        parts = [
            .telemetry: telemetry.services,
            .connections: (needsOwnIdentity ? [own] : []) + [
                KubernetesConnections(client: api),
                ConnectionGroup(connections: [SPIREConnectionService(connection: spire), vault]),
            ],
            .sources: controllers.sources,
            .events: [events],
            .election: election.services,
            .controllers: [
                ControllerGroup(controllers: controllers.workers, clock: environment.clock, logger: logger)
            ],
        ]
    }
}

/// Closes the connections to the API server at the end.
private struct KubernetesConnections: Service {
    let client: KubernetesClient

    func run() async throws {
        try? await gracefulShutdown()
        try await client.shutdown()
    }
}

/// Runs the connection to SPIRE for as long as the process.
private struct SPIREConnectionService: Service {
    let connection: SPIREServerConnection

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await connection.run()
        } onGracefulShutdown: {
            connection.beginGracefulShutdown()
        }
    }
}
