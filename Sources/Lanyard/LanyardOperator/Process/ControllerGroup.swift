import KubernetesModel
import Logging
import ServiceLifecycle

/// Runs the controllers and ends them together: at shutdown, what is in flight has a while to end and is then cancelled,
/// so that one call that hangs cannot keep the lease from being released.
struct ControllerGroup: Service {
    /// The deadline of a call to Vault is enough for the work of most passes. With the release of the lease (5 s), the last
    /// events (3 s) and the end of the connections (5 s) after it, all stays below the limit of the whole shutdown.
    static let drainLimit: Duration = .seconds(10)

    let controllers: [any Service]
    var drainLimit = Self.drainLimit
    let clock: any RuntimeClock
    let logger: Logger

    private enum End { case controller, drainLimit }

    /// Runs until shutdown.
    ///
    /// - Throws: what a controller throws; `CancellationError` when the task is cancelled.
    func run() async throws {
        try await withThrowingTaskGroup(of: End.self) { group in
            for controller in controllers {
                group.addTask {
                    try await controller.run()
                    return .controller
                }
            }
            group.addTask {
                try await gracefulShutdown()
                try await clock.sleep(for: drainLimit)
                return .drainLimit
            }
            for running in stride(from: controllers.count, to: 0, by: -1) {
                // One that ends on its own takes the others with it, so that nothing runs half.
                guard try await group.next() == .controller, Task.isShuttingDownGracefully else {
                    if Task.isShuttingDownGracefully {
                        logger.warning(
                            "controllers take too long to end and are cancelled",
                            metadata: ["controllers": .stringConvertible(running)])
                    }
                    break
                }
            }
            group.cancelAll()
            while let result = await group.nextResult() {
                if case .failure(let error) = result, !(error is CancellationError) { throw error }
            }
        }
    }
}
