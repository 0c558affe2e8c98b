import KubernetesClient
import KubernetesModel
import Logging
import ServiceLifecycle
import UnixSignals

/// The operator's process: finds the API server as kubectl does, and runs until it is told to end.
@main
struct Main {
    static func main() async throws {
        let logger = Logger(label: "lamp-operator")
        let environment = Environment.system
        let cluster = try ClusterConfiguration.load(environment: environment)
        let client = try KubernetesClient(cluster, userAgent: "lamp-operator/1", logger: logger)
        do {
            let lamps = try LampOperator(
                api: client, panel: LoggedPanel(logger: logger), namespace: cluster.namespace ?? "default",
                identity: environment.variable("POD_NAME") ?? environment.makeUUID(), environment: environment,
                logger: logger)
            let group = ServiceGroup(
                services: lamps.services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
            try await group.run()
        } catch {
            try? await client.shutdown()
            throw error
        }
        try await client.shutdown()
    }
}

/// A panel that only says what it is told: put in its place what drives yours.
struct LoggedPanel: LampPanel {
    let logger: Logger

    func light(_ lamp: String, _ color: String) async throws {
        logger.info("lit", metadata: ["lamp": "\(lamp)", "color": "\(color)"])
    }

    func putOut(_ lamp: String) async throws {
        logger.info("put out", metadata: ["lamp": "\(lamp)"])
    }
}
