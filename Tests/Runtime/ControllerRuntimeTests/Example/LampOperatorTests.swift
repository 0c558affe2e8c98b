import FoundationEssentials
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Logging
import ServiceLifecycle
import TestSupport
import Testing

@testable import ControllerRuntime
@testable import LampOperator

@Suite("The example of docs/runtime.md", .timeLimit(.minutes(5)))
struct LampOperatorTests {
    private let stage = Stage()
    private let environment: Environment
    private let server: InMemoryAPIServer
    private let panel = MemoryPanel()

    init() {
        environment = .simulated(seed: 5, clock: stage.clock)
        server = InMemoryAPIServer(environment: environment, resources: [Lamp.descriptor, Lease.descriptor])
    }

    @Test("lights a lamp, says so, follows a change, comes to rest, and cleans up")
    func works() async throws {
        let services = try LampOperator(
            api: server, panel: panel, namespace: "ns", identity: "one", environment: environment,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ).services
        let group = ServiceGroup(services: services, logger: Logger(label: "group"))
        let key = ObjectKey(namespace: "ns", name: "hall")
        try await withThrowingTaskGroup { tasks in
            tasks.addTask(executorPreference: stage.executor) { try await group.run() }
            _ = try await server.create(
                Lamp(metadata: ObjectMeta(name: "hall", namespace: "ns"), spec: .init(color: "red")))
            await stage.run("not lit") { panel.lit == ["ns/hall": "red"] }
            await stage.run("not said") { await isReady(key, "The lamp is red.") }
            let _: Lamp = try await server.mergePatch(Lamp.self, key, ["spec": ["color": "blue"]])
            await stage.run("not changed") { panel.lit == ["ns/hall": "blue"] }
            await stage.run("not said") { await isReady(key, "The lamp is blue.") }

            await stage.settle()
            let (calls, version) = (panel.calls.count, try await server.get(Lamp.self, key)?.metadata.resourceVersion)
            await stage.pass(.seconds(500))
            #expect(panel.calls.count == calls)
            #expect(try await server.get(Lamp.self, key)?.metadata.resourceVersion == version)

            try await server.delete(Lamp.self, key, uid: nil)
            await stage.run("not cleaned up") { (try? await server.get(Lamp.self, key)) == .some(nil) }
            #expect(panel.lit.isEmpty)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        #expect(
            try await server.get(Lease.self, ObjectKey(namespace: "ns", name: "lamp-operator"))?.spec?.holderIdentity
                == "")
    }

    private func isReady(_ key: ObjectKey, _ message: String) async -> Bool {
        let lamp = try? await server.get(Lamp.self, key)
        return lamp?.status?.conditions?.condition("Ready")?.message == message
            && lamp?.status?.observedGeneration == lamp?.metadata.generation
    }

    @Test("the page shows exactly the code that is compiled here")
    func documentation() throws {
        let code = try Checkout.text("Tests/Fixtures/lamp-operator/Sources/LampOperator/LampOperator.swift")
        let page = try Checkout.text("docs/runtime.md")
        #expect(page.contains("```swift\n\(code)```\n"))
    }
}
