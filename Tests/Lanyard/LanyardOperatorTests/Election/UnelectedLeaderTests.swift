import ControllerRuntime
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import ServiceLifecycle
import Testing

@testable import LanyardOperator

@Suite("UnelectedLeader", .timeLimit(.minutes(1)))
struct UnelectedLeaderTests {
    private let lines = RecordedLines()
    private let clock = TurningClock()
    private let key = ObjectKey(namespace: "lanyard-system", name: "lanyard")

    private func lease(renewedAt time: String) -> Lease {
        Lease(
            metadata: ObjectMeta(name: key.name, namespace: key.namespace),
            spec: Lease.Spec(holderIdentity: "other", leaseDurationSeconds: 15, renewTime: time))
    }

    /// Looks for four minutes, in which the lease is renewed or not.
    private func run(isRenewed: Bool) async throws {
        let environment = Environment(
            clock: clock, random: SeededRandomSource(seed: 1), makeUUID: { "id" }, variable: { _ in nil })
        let api = InMemoryAPIServer(environment: environment, resources: [Lease.descriptor])
        _ = try await api.create(lease(renewedAt: "0"))
        let (clock, key) = (clock, key)
        clock.onSleep { turn in
            if turn >= 16 { throw CancellationError() }
            guard isRenewed else { return }
            let _: Lease = try await api.mergePatch(Lease.self, key, ["spec": ["renewTime": .string("\(turn)")]])
        }
        let leader = UnelectedLeader(api: api, lease: key, environment: environment, logger: lines.logger)
        await #expect(throws: CancellationError.self) { try await leader.run() }
    }

    @Test("it says that nobody keeps others from writing, and warns once when somebody leads at the same time")
    func contested() async throws {
        try await run(isRenewed: true)
        #expect(lines.all.count == 2)
        #expect(lines.all.first?.hasPrefix("leader election is disabled") == true)
        #expect(lines.all.last?.contains("both write lease=lanyard-system/lanyard lease.holder=other") == true)
    }

    @Test("a lease that nobody renews is left over, and no warning")
    func leftOver() async throws {
        try await run(isRenewed: false)
        #expect(lines.all.count == 1)
    }
}
