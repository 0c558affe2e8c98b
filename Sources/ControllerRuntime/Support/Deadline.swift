import KubernetesModel

/// Thrown when an operation was cancelled because its time was up.
struct DeadlineExceeded: Error, Equatable, CustomStringConvertible {
    let timeout: Duration

    var description: String { "deadline of \(timeout) exceeded" }
}

extension RuntimeClock {
    /// Runs an operation and cancels it when it takes longer than `timeout`. Returns only after the operation ended.
    ///
    /// - Throws: `DeadlineExceeded` when the time was up first; what the operation throws; `CancellationError`.
    func withTimeout<Result: Sendable>(
        _ timeout: Duration, _ operation: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await operation() }
            group.addTask {
                try await sleep(for: timeout)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let result = first else {
                throw DeadlineExceeded(timeout: timeout)
            }
            return result
        }
    }
}
