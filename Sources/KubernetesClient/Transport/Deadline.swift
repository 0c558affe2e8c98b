import KubernetesModel

/// Runs an operation that may take only so long.
enum Deadline {
    /// The result of the operation.
    ///
    /// - Throws: `KubernetesError.timeout` when time is up; the operation is cancelled then and waited for.
    static func run<Result: Sendable>(
        within timeout: Duration, clock: any RuntimeClock, _ operation: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Result?.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await operation() }
            group.addTask {
                try await clock.sleep(for: timeout)
                return nil
            }
            guard let first = try await group.next(), let result = first else {
                throw KubernetesError(.timeout, "no answer within \(KubernetesDuration.format(timeout))")
            }
            return result
        }
    }
}
