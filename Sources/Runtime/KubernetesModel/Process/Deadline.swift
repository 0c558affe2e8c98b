/// Why an operation was ended that had not ended by itself.
package enum Interruption: Sendable {
    /// The time was up.
    case timeIsUp
    /// It took long, and was not allowed to.
    case mayNotGoOn
    /// The task that waited for it was cancelled.
    case cancelled
}

/// What happens to an operation that does not end at once.
package struct Patience: Sendable {
    /// How long it may take like any other.
    let time: Duration
    /// Is asked then whether it may go on.
    let mayGoOn: @Sendable () -> Bool

    /// Asks once, after a time.
    package init(time: Duration, mayGoOn: @escaping @Sendable () -> Bool) {
        self.time = time
        self.mayGoOn = mayGoOn
    }
}

extension RuntimeClock {
    /// Runs an operation and cancels it when the time is up, or when its patience ends and it may not go on. Returns only after
    /// the operation has ended.
    ///
    /// - Parameter interrupted: what is thrown in the place of what the operation returns or throws later.
    /// - Throws: what the operation throws, if it ends in time; otherwise what is made of the interruption.
    package func limit<Success: Sendable, Failure: Error>(
        _ time: Duration, patience: Patience? = nil,
        _ operation: @escaping @Sendable () async throws(Failure) -> Success,
        interrupted: @escaping @Sendable (Interruption) -> Failure
    ) async throws(Failure) -> Success {
        let result = await withTaskGroup(of: Result<Success, Failure>.self) { group in
            group.addTask { await Result.of(operation) }
            group.addTask {
                let interruption = await self.interruption(after: time, patience)
                return .failure(interrupted(interruption))
            }
            let first = await group.next()
            group.cancelAll()
            return first ?? .failure(interrupted(.cancelled))
        }
        return try result.get()
    }

    /// Waits for what ends an operation.
    private func interruption(after time: Duration, _ patience: Patience?) async -> Interruption {
        do {
            let end = now + time
            if let patience, patience.time < time {
                try await sleep(for: patience.time)
                guard patience.mayGoOn() else { return .mayNotGoOn }
            }
            try await sleep(for: max(end - now, .zero))
            return .timeIsUp
        } catch {
            return .cancelled
        }
    }
}

extension Result {
    /// What an operation returns or throws, as a value that a task can hand over.
    ///
    /// Closures of tasks call this in place of catching themselves: a result that is put together inside such a closure
    /// while it calls is miscompiled with optimisation (`hack/lib/task-result.swift`).
    package static func of(_ operation: () async throws(Failure) -> Success) async -> Self {
        do {
            return .success(try await operation())
        } catch {
            return .failure(error)
        }
    }
}
