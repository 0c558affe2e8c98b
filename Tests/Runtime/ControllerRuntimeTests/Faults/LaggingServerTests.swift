import FoundationEssentials
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Synchronization
import Testing

@testable import ControllerRuntime

@Suite("Fault: an API server that lags behind another", .timeLimit(.minutes(5)))
struct LaggingServerTests {
    private let world = WatchedServer()

    @Test("'too large resource version' leads to a quorum list, whether a list or a watch is told so")
    func tooLarge() async throws {
        _ = try await world.create("a")
        let api = world.api
        let left = Mutex(2)
        @Sendable func refuse() throws {
            let isLeft = left.withLock { left in
                left -= 1
                return left >= 0
            }
            if isLeft { throw KubernetesError(.resourceVersionTooLarge, "Too large resource version", httpStatus: 504) }
        }
        api.interceptWatch { _ in
            try refuse()
            return nil
        }
        api.intercept { request in
            if request.parameter("resourceVersion") != "0" { try refuse() }
            return nil
        }
        try await world.follow { _ in
            await world.stage.run("not recovered", atMost: .seconds(120)) { api.watches.count == 2 }
            _ = try await world.create("b")
            try await world.expectConvergence()
        }
        #expect(world.lists == ["0", nil, nil])
    }

    @Test(
        "after the first list nothing is asked of a cache that may be older than what was seen: no travel back in time")
    func noTimeTravel() async throws {
        _ = try await world.create("a")
        let old = try JSON.encode(try await world.server.list(Widget.self))
        let api = world.api
        // A second server behind the same address whose cache stopped at the beginning: whoever accepts any version gets that.
        api.intercept { request in
            request.method == .get && request.parameter("resourceVersion") == "0" && api.requests.count > 1 ? old : nil
        }
        try await world.follow { _ in
            try await world.store.waitUntilSynced()
            await world.stage.settle()
            _ = try await world.recolor("a", "blue")
            try await world.expectConvergence()
            for _ in 0..<5 {
                // A line that is no event makes a list necessary.
                api.interceptWatch { _ in
                    api.interceptWatch(nil)
                    return [.line("nonsense")]
                }
                world.clock.advance(by: .seconds(5))
                world.server.closeWatches()
                await world.stage.run("no list", atMost: .seconds(200)) { world.api.requests.count > 1 }
                await world.stage.pass(.seconds(40))
                #expect(world.store.get(.widget("a"))?.spec.color == "blue")
            }
        }
        #expect(world.lists.count >= 6)
        #expect(world.lists.filter { $0 == "0" }.count == 1)
        #expect(world.view.changes == ["+a", "~a"])
    }
}
