import FoundationEssentials
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Synchronization
import Testing

@testable import ControllerRuntime

@Suite("Fault: 410 as HTTP status, as ERROR event, and on page 2 of a list", .timeLimit(.minutes(5)))
struct ExpiredVersionTests {
    private let world = WatchedServer()

    enum Form: CaseIterable { case httpStatus, errorEvent, errorEventWithoutReason }

    private func steps(_ form: Form) throws -> [FaultyAPI.WatchStep] {
        switch form {
        case .httpStatus: throw KubernetesError(.expired, "too old", httpStatus: 410)
        case .errorEvent:
            [.line(#"{"type":"ERROR","object":{"kind":"Status","status":"Failure","code":410,"reason":"Expired"}}"#)]
        case .errorEventWithoutReason: [.line(#"{"type":"ERROR","object":{"code":410}}"#)]
        }
    }

    @Test(
        "it leads to a quorum list at once; what vanished is deleted, and a namesake is another object",
        arguments: Form.allCases, [StreamingLists.never, .automatic])
    func watch(form: Form, streamingLists: StreamingLists) async throws {
        world.server.setStreamingLists(.supported)
        for name in ["a", "b"] { _ = try await world.create(name) }
        let api = world.api
        let isAway = Mutex(false)
        api.interceptWatch { [self] request in
            guard isAway.withLock({ $0 }), request.parameter("resourceVersion") != nil else { return nil }
            isAway.withLock { $0 = false }
            for name in ["a", "b"] { try await world.server.delete(Widget.self, .widget(name), uid: nil) }
            _ = try await world.create("b")
            _ = try await world.create("c")
            world.server.compact()
            return try steps(form)
        }
        try await world.follow(streamingLists: streamingLists) { _ in
            try await world.store.waitUntilSynced()
            await world.stage.settle()
            isAway.withLock { $0 = true }
            world.clock.advance(by: .seconds(5))
            world.server.closeWatches()
            await world.stage.settle()
            // At once: nothing waits before the first list.
            try await world.expectConvergence(atMost: .milliseconds(1))
        }
        #expect(world.view.changes == ["+a", "+b", "-a", "-b", "+b", "+c"])
        if streamingLists == .never {
            #expect(world.lists == ["0", nil])
        } else {
            #expect(api.watches.last { $0.isStreamingList }?.parameter("resourceVersion") == nil)
            #expect(world.lists.isEmpty)
        }
    }

    @Test(
        "a server that forgets every version at once is listed with growing waits, not in a hot loop",
        arguments: Form.allCases)
    func loop(form: Form) async throws {
        world.api.interceptWatch { [self] _ in try steps(form) }
        try await world.follow { reflector in
            await world.stage.pass(.seconds(600))
            #expect(reflector.health.problem?.reason == .unavailable)
            world.api.interceptWatch(nil)
            _ = try await world.create("a")
            try await world.expectConvergence(atMost: .seconds(31))
        }
        #expect((20...100).contains(world.lists.count), "\(world.lists.count) lists")
        #expect(world.lists.dropFirst().allSatisfy { $0 == nil })
    }

    @Test("on page 2 the list starts over in one piece, and nothing of the first page counts")
    func page() async throws {
        for index in 0..<6 { _ = try await world.create("w\(index)") }
        let (api, server) = (world.api, world.server)
        let hasExpired = Mutex(false)
        api.intercept { request in
            guard request.method == .get, !hasExpired.withLock({ $0 }) else { return nil }
            if request.parameter("continue") != nil {
                hasExpired.withLock { $0 = true }
                try await server.delete(Widget.self, .widget("w0"), uid: nil)
                throw KubernetesError(.expired, "the continue token is too old", httpStatus: 410)
            }
            return try JSON.encode(try await server.list(Widget.self, limit: 3))
        }
        try await world.follow { _ in
            try await world.store.waitUntilSynced()
            try await world.expectConvergence()
        }
        #expect(world.view.changes == (1..<6).map { "+w\($0)" })
        #expect(api.requests.last?.parameter("limit") == nil)
    }
}
