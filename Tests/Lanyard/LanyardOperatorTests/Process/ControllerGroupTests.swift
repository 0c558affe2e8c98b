import KubernetesModel
import ServiceLifecycle
import ServiceLifecycleTestKit
import Synchronization
import TestSupport
import Testing

@testable import LanyardOperator

@Suite("ControllerGroup", .timeLimit(.minutes(1)))
struct ControllerGroupTests {
    private let lines = RecordedLines()
    private let clock = ReleasedClock()

    /// A controller in some state of mind.
    private struct Worker: Service {
        enum Kind { case quick, stuck, failing, endsByItself }

        let kind: Kind
        let lines: RecordedLines

        struct Failure: Error {}

        func run() async throws {
            lines.append("\(kind) runs")
            defer { lines.append("\(kind) ends") }
            switch kind {
            case .quick: try await gracefulShutdown()
            // Waits for what never comes, and does not look at graceful shutdown.
            case .stuck: try await Task.sleep(for: .seconds(86_400))
            case .failing: throw Failure()
            case .endsByItself: return
            }
        }
    }

    private func group(_ kinds: Worker.Kind...) -> ControllerGroup {
        ControllerGroup(
            controllers: kinds.map { Worker(kind: $0, lines: lines) }, clock: clock, logger: lines.logger)
    }

    private func waitFor(_ line: String) async throws {
        try await eventually("\(line)") { lines.all.contains(line) }
    }

    @Test("ends as soon as all controllers have ended")
    func graceful() async throws {
        try await testGracefulShutdown { trigger in
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group(.quick, .quick).run() }
                try await waitFor("quick runs")
                trigger.triggerGracefulShutdown()
                try await tasks.waitForAll()
            }
        }
        #expect(lines.all.count { $0 == "quick ends" } == 2)
        #expect(!lines.all.contains { $0.contains("cancelled") })
    }

    @Test("cancels a controller that hangs when the time is up, and then ends without an error")
    func stuck() async throws {
        try await testGracefulShutdown { trigger in
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group(.stuck, .quick).run() }
                try await waitFor("stuck runs")
                trigger.triggerGracefulShutdown()
                try await waitFor("quick ends")
                try await eventually("the drain is limited") { !clock.sleeps.isEmpty }
                #expect(!lines.all.contains("stuck ends"))
                #expect(clock.sleeps == [ControllerGroup.drainLimit])
                clock.release()
                try await tasks.waitForAll()
            }
        }
        #expect(lines.all.contains("stuck ends"))
        #expect(lines.all.contains("controllers take too long to end and are cancelled controllers=1"))
    }

    @Test("a controller's failure ends the others and is thrown")
    func failing() async throws {
        await #expect(throws: Worker.Failure.self) { try await group(.stuck, .failing).run() }
        #expect(!lines.all.contains("stuck runs") || lines.all.contains("stuck ends"))
    }

    @Test("a controller that ends by itself takes the others with it")
    func endsByItself() async throws {
        try await group(.stuck, .endsByItself).run()
        #expect(!lines.all.contains("stuck runs") || lines.all.contains("stuck ends"))
    }
}

/// A clock on which all sleeps last until they are released together.
private final class ReleasedClock: RuntimeClock {
    private let state = Mutex((sleeps: [Duration](), isReleased: false))

    var now: Duration { .zero }
    var wallTime: WallTime { WallTime(secondsSince1970: 0) }
    var sleeps: [Duration] { state.withLock { $0.sleeps } }

    func release() { state.withLock { $0.isReleased = true } }

    func sleep(for duration: Duration) async throws {
        state.withLock { $0.sleeps.append(duration) }
        while !state.withLock({ $0.isReleased }) { try await Task.sleep(for: .milliseconds(1)) }
    }
}
