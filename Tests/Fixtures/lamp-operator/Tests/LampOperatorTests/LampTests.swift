import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Logging
import ServiceLifecycle
import Testing

@testable import LampOperator

@Suite("A second operator on the runtime and its test kit", .timeLimit(.minutes(5)))
struct LampTests {
    /// A panel whose lamps a test can wait for.
    private struct ObservedPanel: LampPanel {
        let lit = Observed<[String: String]>([:])

        func light(_ lamp: String, _ color: String) async throws { lit.update { $0[lamp] = color } }

        func putOut(_ lamp: String) async throws { lit.update { $0[lamp] = nil } }
    }

    @Test("lights a lamp, follows a change, and puts it out when its object goes")
    func works() async throws {
        let server = InMemoryAPIServer(environment: .system, resources: [Lamp.descriptor, Lease.descriptor])
        let panel = ObservedPanel()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let services = try LampOperator(
            api: server, panel: panel, namespace: "ns", identity: "one", environment: .system, logger: logger
        ).services
        let group = ServiceGroup(services: services, logger: logger)
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await group.run() }
            let lamp = Lamp(metadata: ObjectMeta(name: "hall", namespace: "ns"), spec: .init(color: "red"))
            _ = try await server.create(lamp)
            try await panel.lit.wait { $0 == ["ns/hall": "red"] }
            let _: Lamp = try await server.mergePatch(Lamp.self, lamp.key, ["spec": ["color": "blue"]])
            try await panel.lit.wait { $0 == ["ns/hall": "blue"] }
            try await server.delete(Lamp.self, lamp.key, uid: nil)
            try await panel.lit.wait { $0.isEmpty }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }
}
