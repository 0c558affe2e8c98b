import KubernetesClient
import KubernetesTesting
import Testing

@testable import ControllerRuntime

@Suite("Fault: connection closed after N events, for each N", .timeLimit(.minutes(5)))
struct ClosedConnectionTests {
    enum Cut: CaseIterable { case cleanEnd, reset }

    @Test("no change is lost or told twice", arguments: 0...12, Cut.allCases)
    func watch(events: Int, cut: Cut) async throws {
        try await cutEveryWatch(after: events, cut, streamingLists: .never)
    }

    @Test("no change is lost or told twice with streaming lists", arguments: 0...12, Cut.allCases)
    func stream(events: Int, cut: Cut) async throws {
        try await cutEveryWatch(after: events, cut, streamingLists: .automatic)
    }

    private func cutEveryWatch(after events: Int, _ cut: Cut, streamingLists: StreamingLists) async throws {
        let world = WatchedServer(seed: UInt64(events))
        let random = SeededRandomSource(seed: UInt64(events))
        world.server.setStreamingLists(.supported)
        for index in 0..<4 { _ = try await world.create("w\(index)") }
        let api = world.api
        api.interceptWatch { _ in
            guard api.watches.count <= 8 else { return nil }
            return [.pass(events)] + (cut == .reset ? [.fail(KubernetesError(.unreachable, "reset"))] : [])
        }
        try await world.follow(streamingLists: streamingLists) { _ in
            await world.stage.run("not listed") { world.store.hasSynced }
            for _ in 0..<12 {
                try await world.change(random)
                if random.next() % 2 == 0 { try await world.expectConvergence() }
            }
            try await world.expectConvergence()
        }
        if events < 6 { #expect(api.watches.count > 1) }
        #expect(api.watches.last?.isStreamingList == false || world.lists.isEmpty)
    }
}
