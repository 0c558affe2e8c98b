import FoundationEssentials
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Logging
import Synchronization
import Testing

@testable import ControllerRuntime
@testable import LampOperator

@Suite("Fault: conflict storm on status; another manager owns a condition", .timeLimit(.minutes(5)))
struct StatusConflictTests {
    @Test("it converges, the other's condition is intact, and nothing is written at rest")
    func converges() async throws {
        let world = LampWorld()
        let lamp = try await world.create("hall", "red")
        let storm = Mutex(12)
        let server = world.server
        let other = try JSONValue(
            encoding: Lamp.Status(conditions: [
                Condition(type: "Other", status: .no, reason: "Theirs", message: "not ours")
            ]))
        world.api.intercept { request in
            // Somebody is faster, before each of our first status writes.
            guard request.path.hasSuffix("/status"), storm.withLock({ $0 }) > 0 else { return nil }
            let count = storm.withLock { count in
                count -= 1
                return count
            }
            let uid = lamp.metadata.uid ?? ""
            _ = try await server.applyStatus(Lamp.self, lamp.key, uid: uid, status: other, fieldManager: "other")
            let _: Lamp = try await server.mergePatch(
                Lamp.self, lamp.key, ["metadata": ["labels": ["storm": .string("\(count)")]]])
            return nil
        }
        try await world.run {
            await world.stage.run("not converged") {
                let lamp = try? await server.get(Lamp.self, lamp.key)
                return lamp?.status?.conditions?.condition("Ready")?.message == "The lamp is red."
            }
            await world.stage.settle()
            let version = try await server.get(Lamp.self, lamp.key)?.metadata.resourceVersion
            await world.stage.pass(.seconds(550))
            let later = try await server.get(Lamp.self, lamp.key)?.metadata.resourceVersion
            #expect(later == version, "something is written at rest")

            let writes = world.api.requests.filter { $0.path.hasSuffix("/status") }.count
            #expect(writes == 13)
            // Another message is no transition: the time stays, though minutes have passed.
            let ready = try await server.get(Lamp.self, lamp.key)?.status?.conditions?.condition("Ready")
            let _: Lamp = try await server.mergePatch(Lamp.self, lamp.key, ["spec": ["color": "blue"]])
            await world.stage.run("not converged again") {
                let lamp = try? await server.get(Lamp.self, lamp.key)
                return lamp?.status?.conditions?.condition("Ready")?.message == "The lamp is blue."
            }
            let blue = try await server.get(Lamp.self, lamp.key)?.status?.conditions?.condition("Ready")
            #expect(blue?.status == ready?.status)
            #expect(ready?.lastTransitionTime != nil && blue?.lastTransitionTime == ready?.lastTransitionTime)
        }
        let stored = try #require(try await server.get(Lamp.self, lamp.key))
        #expect(stored.status?.conditions?.condition("Other")?.reason == "Theirs")
        #expect(stored.status?.observedGeneration == stored.metadata.generation)
        #expect(storm.withLock { $0 } == 0)
    }
}
