import KubernetesModel

/// Bounds calls in time.
enum Deadline {
    /// What happens to a call that does not end at once.
    struct Patience: Sendable {
        /// How long the call may take like any other.
        let time: Duration
        /// Is asked then whether it may go on.
        let mayGoOn: @Sendable () -> Bool
    }

    /// Runs an operation and cancels it when the time is over, or when its patience ends and it may not go on.
    ///
    /// - Throws: `VaultError` with code `slow` when the time is over; what the operation throws.
    static func limit<Success: Sendable>(
        _ time: Duration, _ clock: any RuntimeClock, patience: Patience? = nil,
        _ operation: @escaping @Sendable () async throws(VaultError) -> Success
    ) async throws(VaultError) -> Success {
        let result = await withTaskGroup(of: Result<Success, VaultError>.self) { group in
            group.addTask { await Result.of(operation) }
            group.addTask {
                do {
                    let end = clock.now + time
                    if let patience, patience.time < time {
                        try await clock.sleep(for: patience.time)
                        guard patience.mayGoOn() else { return .failure(.tooManySlowCalls) }
                    }
                    try await clock.sleep(for: max(end - clock.now, .zero))
                    return .failure(.noAnswerInTime)
                } catch {
                    return .failure(.taskCancelled)
                }
            }
            let first = await group.next()
            group.cancelAll()
            return first ?? .failure(.taskCancelled)
        }
        return try result.get()
    }
}

extension VaultError {
    /// The time is over.
    static let noAnswerInTime = VaultError(.slow, "no answer in time")
    /// So many calls take long that no further one may.
    static let tooManySlowCalls = VaultError(.slow, "no answer at once, and too many calls take long already")
    /// Nobody waits for the answer any more.
    static let taskCancelled = VaultError(.cancelled, "the task was cancelled")
}
