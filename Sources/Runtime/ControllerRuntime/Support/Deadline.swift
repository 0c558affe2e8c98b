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
    func withTimeout<Success: Sendable>(
        _ timeout: Duration, _ operation: @escaping @Sendable () async throws -> Success
    ) async throws -> Success {
        try await limit(timeout, operation) { interruption -> any Error in
            interruption == .timeIsUp ? DeadlineExceeded(timeout: timeout) : CancellationError()
        }
    }
}
