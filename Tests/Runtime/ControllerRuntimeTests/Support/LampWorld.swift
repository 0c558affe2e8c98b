import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Logging
import ServiceLifecycle
import Testing

@testable import ControllerRuntime
@testable import LampOperator

/// The example operator over a server with faults: the stage of fault tests that need a whole controller.
struct LampWorld {
    let stage = Stage()
    let environment: Environment
    let server: InMemoryAPIServer
    let api: FaultyAPI
    let panel = MemoryPanel()

    init(seed: UInt64 = 1) {
        environment = .simulated(seed: seed, clock: stage.clock)
        server = InMemoryAPIServer(environment: environment, resources: [Lamp.descriptor, Lease.descriptor])
        api = FaultyAPI(server)
    }

    func create(_ name: String, _ color: String, finalizers: [String]? = nil) async throws -> Lamp {
        try await server.create(
            Lamp(metadata: ObjectMeta(name: name, namespace: "ns", finalizers: finalizers), spec: .init(color: color)))
    }

    /// Makes the operator's services.
    func services(panel: (any LampPanel)? = nil) throws -> [any Service] {
        try LampOperator(
            api: api, panel: panel ?? self.panel, namespace: "ns", identity: "one", environment: environment,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ).services
    }

    /// Runs the operator while the body works, and stops it afterwards.
    func run(_ body: () async throws -> Void) async throws {
        let group = ServiceGroup(services: try services(), logger: Logger(label: "group"))
        try await withThrowingTaskGroup { tasks in
            tasks.addTask(executorPreference: stage.executor) { try await group.run() }
            try await body()
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    /// The patches of objects that were sent, by what they touch.
    var patches: Int { api.requests.filter { $0.method == .patch && $0.path.contains("/lamps/") }.count }
}
