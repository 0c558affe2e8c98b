import KubernetesModel
import KubernetesTesting
import Testing

@testable import KubernetesClient

/// A slow server and more requests than it is sent at a time.
@Suite("Faults: more requests than turns", .timeLimit(.minutes(1)))
struct TurnFaultTests {
    private let harness = Harness()
    private let places = ConnectionPools.requestConnections

    private static let answer = ScriptedAnswer.json(
        #"{"apiVersion":"testing.lanyard.dev/v1","kind":"Widget","metadata":{"name":"a","namespace":"n","resourceVersion":"1"},"#
            + #""spec":{"size":1}}"#)

    @Test("requests that wait for their turn have all of their time from then on, however long the others take")
    func turns() async throws {
        let slow = Self.answer.delayed(by: .seconds(20))
        try await ScriptedServer.run(clock: harness.clock, script: [slow]) { server async throws in
            try await harness.withClient(server) { client async throws in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<(places + 8) {
                        group.addTask {
                            _ = try await client.get(Widget.self, ObjectKey(namespace: "n", name: "a"))
                        }
                    }
                    // Each that is under way, with its deadline, and those that wait.
                    await harness.clock.waitForSleepers(2 * places + 8)
                    harness.clock.advance(by: .seconds(20))
                    for _ in 0..<places { try await group.next() }
                    _ = try await server.waitForRequests(places + 8)
                    await harness.clock.waitForSleepers(2 * 8)
                    harness.clock.advance(by: .seconds(20))
                    try await group.waitForAll()
                }
            }
        }
    }
}
