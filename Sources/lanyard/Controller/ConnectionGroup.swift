import ServiceLifecycle

/// Runs connections that end at the same time, so that a shutdown waits for the slowest of them and not for their sum.
struct ConnectionGroup: Service {
    let connections: [any Service]

    /// Runs until shutdown.
    ///
    /// - Throws: what a connection throws; `CancellationError` when the task is cancelled.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for connection in connections { group.addTask { try await connection.run() } }
            try await group.next()
            // One that ends on its own takes the others with it, so that nothing runs half.
            if !Task.isShuttingDownGracefully { group.cancelAll() }
            try await group.waitForAll()
        }
    }
}
