import ControllerRuntime
import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import Logging
import PrometheusExposition
import ServiceLifecycle

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
        let alarm = AlarmClock(base: environment.clock)
        var environment = environment
        environment.clock = alarm
        let cluster = try ClusterConfiguration.load(kubeconfig: kubeconfig, environment: environment)
        let api = try KubernetesClient(
            cluster, userAgent: Operator.userAgent, environment: environment,
            maximumWatches: Self.watches(inEachOf: configuration.watchNamespaces), logger: logger)
        let identity = "\(environment.variable("HOSTNAME") ?? "lanyard")_\(environment.makeUUID())"
        let namespace = configuration.namespace ?? cluster.namespace ?? "lanyard-system"
        let election = try Election(
            configuration: configuration.leaderElection, namespace: namespace, identity: identity,
            api: api.forLeaderElection, environment: environment, logger: logger)
        let remote = try RemoteConnections(
            configuration, fence: { election.timeToWrite() }, environment: environment, logger: logger)
        let events = KubernetesEventRecorder(
            api: api, controller: "lanyard.dev/controller", instance: identity, environment: environment,
            logger: logger, metrics: .lanyard)
        let controllers = try ControllerServices(
            in: OperatorContext(
                configuration: configuration,
                ports: OperatorPorts(
                    api: api,
                    registry: MeteredRegistry(TimedRegistry(remote.spire, clock: environment.clock)),
                    vault: MeteredVault(remote.vault),
                    events: MeteredEvents(SparingEvents(events, clock: environment.clock))),
                namespace: namespace, own: remote.own, election: election, environment: environment, logger: logger))
        remote.vaultForgot.onSignal(controllers.verifyVault)
        let process = ProcessMetrics()
        let telemetry = TelemetryServers(
            configuration: configuration.server,
            metrics: {
                controllers.updateGauges()
                election.updateGauge()
                remote.updateGauges()
                process.update()
                return metrics.render()
            },
            readiness: [.ping] + controllers.readinessChecks,
            liveness: [.ping, election.livenessCheck, controllers.livenessCheck], clock: environment.clock,
            logger: logger)
        parts = [
            // Others sleep by it until their end, and it ends after them.
            .telemetry: [alarm] + telemetry.services,
            .connections: remote.ownServices + [KubernetesConnections(client: api), remote.group],
            .sources: controllers.sources + [
                DefinitionCheck(api: api, environment: environment, logger: logger)
            ],
            .events: [events],
            .election: [election.service(after: controllers.allSynced)],
            .controllers: [
                ControllerGroup(controllers: controllers.workers, clock: environment.clock, logger: logger)
            ],
        ]
    }
}

extension OperatorServices {
    /// How many watches there may be: in each namespace that is watched by itself one of each kind that tenants write, and of pods.
    private static func watches(inEachOf namespaces: [String]) -> Int {
        32 + (LanyardKind.all.count { $0.author == .tenants } + 1) * namespaces.count
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
