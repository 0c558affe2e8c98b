import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Logging
import ServiceLifecycle
import Synchronization
import Testing

@testable import ControllerRuntime
@testable import LampOperator

@Suite("Fault: SIGTERM at each stage; worker stuck in I/O; second SIGTERM", .timeLimit(.minutes(5)))
struct ShutdownTests {
    private let world = LampWorld()
    private let leaseKey = ObjectKey(namespace: "ns", name: "lamp-operator")

    /// A panel whose calls last until they are let go, or cancelled.
    private final class SlowPanel: LampPanel {
        private let state = Monitor((begun: 0, ended: 0, isOpen: false))

        var begun: Int { state.read { $0.begun } }
        var ended: Int { state.read { $0.ended } }
        func open() { state.update { $0.isOpen = true } }

        func light(_ lamp: String, _ color: String) async throws {
            state.update { $0.begun += 1 }
            try await state.wait { $0.isOpen ? () : nil }
            state.update { $0.ended += 1 }
        }

        func putOut(_ lamp: String) async throws {}
    }

    private func holder() async throws -> String? {
        try await world.server.get(Lease.self, leaseKey)?.spec?.holderIdentity
    }

    /// Runs the operator until a stage is reached, then ends it as SIGTERM does; the body sees it end.
    private func terminate(
        panel: (any LampPanel)? = nil, patience: Duration? = nil,
        when isReached: () async -> Bool,
        then body: (ServiceGroup) async throws -> Void = { _ in }
    ) async throws {
        var configuration = ServiceGroupConfiguration(
            services: try world.services(panel: panel), logger: Logger(label: "group") { _ in SwiftLogNoOpLogHandler() }
        )
        configuration.maximumGracefulShutdownDuration = patience
        let group = ServiceGroup(configuration: configuration)
        try await withThrowingTaskGroup { tasks in
            tasks.addTask(executorPreference: world.stage.executor) { try await group.run() }
            await world.stage.run("the stage is not reached", until: isReached)
            await group.triggerGracefulShutdown()
            try await body(group)
            try await tasks.waitForAll()
        }
    }

    @Test("before the first list: it ends, and touches nothing")
    func beforeList() async throws {
        world.api.intercept { request in
            if request.path.hasSuffix("/lamps") { throw KubernetesError(.unreachable, "") }
            return nil
        }
        world.api.interceptWatch { _ in throw KubernetesError(.unreachable, "") }
        _ = try await world.create("hall", "red")
        let api = world.api
        try await terminate(when: { api.watches.count >= 3 })
        #expect(world.panel.calls.isEmpty)
    }

    @Test("while another leads: it ends, and the other's lease stays")
    func standby() async throws {
        let spec = Lease.Spec(
            holderIdentity: "other", leaseDurationSeconds: 15, acquireTime: nil, renewTime: nil, leaseTransitions: 0)
        _ = try await world.server.create(
            Lease(metadata: ObjectMeta(name: leaseKey.name, namespace: leaseKey.namespace), spec: spec))
        _ = try await world.create("hall", "red")
        let api = world.api
        try await terminate(when: { api.requests.filter { $0.path.contains("/leases/") }.count >= 2 })
        #expect(try await holder() == "other")
        #expect(world.panel.calls.isEmpty)
    }

    @Test("at rest: it ends and releases the lease")
    func atRest() async throws {
        _ = try await world.create("hall", "red")
        let panel = world.panel
        try await terminate(when: { panel.lit.count == 1 })
        #expect(try await holder() == "")
    }

    @Test("in the middle of a reconcile: that ends normally, and only then the lease is released")
    func inReconcile() async throws {
        let panel = SlowPanel()
        _ = try await world.create("hall", "red")
        try await terminate(panel: panel, when: { panel.begun == 1 }) { _ in
            await world.stage.settle()
            let holder = try await holder()
            #expect(holder == "one", "released while a worker may still write")
            panel.open()
        }
        #expect(panel.ended == 1)
        #expect(try await holder() == "")
        let key = ObjectKey(namespace: "ns", name: "hall")
        #expect(try await world.server.get(Lamp.self, key)?.status?.observedGeneration == 1)
    }

    @Test("a worker that is stuck in I/O is cancelled when the time for an orderly end is up")
    func stuck() async throws {
        let panel = SlowPanel()
        _ = try await world.create("hall", "red")
        await #expect(throws: CancellationError.self) {
            try await terminate(panel: panel, patience: .milliseconds(50), when: { panel.begun == 1 })
        }
        #expect(panel.ended == 0)
    }

    @Test("a second SIGTERM changes nothing")
    func twice() async throws {
        let panel = SlowPanel()
        _ = try await world.create("hall", "red")
        try await terminate(panel: panel, when: { panel.begun == 1 }) { group in
            await group.triggerGracefulShutdown()
            await world.stage.settle()
            panel.open()
        }
        #expect(panel.ended == 1)
        #expect(try await holder() == "")
    }
}
