import KubernetesModel

/// Bounds a call as a whole: waiting for a place, login, retries.
enum Deadline {
    /// Runs an operation and cancels it when the time is over.
    ///
    /// - Throws: `VaultError` with code `unavailable` when the time is over; what the operation throws.
    static func limit<Success: Sendable>(
        _ time: Duration, _ clock: any RuntimeClock,
        _ operation: @escaping @Sendable () async throws(VaultError) -> Success
    ) async throws(VaultError) -> Success {
        let result = await withTaskGroup(of: Result<Success, VaultError>.self) { group in
            group.addTask { await Result.of(operation) }
            group.addTask {
                do {
                    try await clock.sleep(for: time)
                    return .failure(VaultError(.unavailable, "no answer in time"))
                } catch {
                    return .failure(VaultError(.cancelled, "the task was cancelled"))
                }
            }
            let first = await group.next()
            group.cancelAll()
            return first ?? .failure(VaultError(.cancelled, "the task was cancelled"))
        }
        return try result.get()
    }
}
