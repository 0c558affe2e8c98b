import KubernetesModel
import Logging
import ServiceLifecycle
import ServiceLifecycleTestKit
import Synchronization
import TestSupport
import Testing
import UnixSignals

@testable import LanyardOperator

@Suite("Lifecycle", .timeLimit(.minutes(1)))
struct LifecycleTests {
    private let lines = RecordedLines()

    /// A service that tells when it starts and when it ends.
    private struct Part: Service {
        let name: String
        let lines: RecordedLines
        var failsAtOnce = false

        struct Failure: Error {}

        func run() async throws {
            lines.append("+\(name)")
            if failsAtOnce { throw Failure() }
            do {
                try await gracefulShutdown()
                lines.append("-\(name)")
            } catch {
                lines.append("!\(name)")
            }
        }
    }

    private func group(failing: OperatorPart? = nil) -> ServiceGroup {
        let parts = OperatorPart.allCases.map { part in
            (part, [Part(name: "\(part)", lines: lines, failsAtOnce: part == failing)] as [any Service])
        }
        return ServiceGroup(
            configuration: ServiceGroupConfiguration(
                Dictionary(uniqueKeysWithValues: parts), signals: [],
                logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })))
    }

    @Test("parts start from HTTP to controllers and stop in reverse, each when the one before has ended")
    func order() async throws {
        let group = group()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await eventually("all parts run") { lines.all.count == OperatorPart.allCases.count }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        #expect(
            lines.all.suffix(6) == ["-controllers", "-election", "-events", "-sources", "-connections", "-telemetry"])
        #expect(
            Set(lines.all.prefix(6)) == [
                "+telemetry", "+connections", "+sources", "+events", "+election", "+controllers",
            ])
    }

    @Test("the loss of a part, such as that of leadership, cancels all others and is an error")
    func failure() async throws {
        let group = group(failing: .election)
        await #expect(throws: Part.Failure.self) { try await group.run() }
        #expect(Set(lines.all.filter { $0.hasPrefix("-") }) == [])
        #expect(
            Set(lines.all.filter { $0.hasPrefix("!") }) == [
                "!telemetry", "!connections", "!sources", "!events", "!controllers",
            ])
    }

    @Test("the time limits leave room for the end of all parts, and end the process before another replica may lead")
    func limits() {
        let configuration = ServiceGroupConfiguration(
            [:], logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        #expect(configuration.gracefulShutdownSignals == [.sigterm, .sigint])
        // A second signal must not cut the drain short: it would leave the lease behind.
        #expect(configuration.cancellationSignals == [])
        #expect(configuration.maximumGracefulShutdownDuration == .seconds(25))
        #expect(configuration.maximumCancellationDuration == .seconds(4))
        // The release of the lease (5 s), the last events (3 s) and the end of the connections (SPIRE's 5 s) come after it.
        #expect(ControllerGroup.drainLimit + .seconds(5 + 3 + 5) < .seconds(25))
    }
}
