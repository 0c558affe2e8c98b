package import Synchronization

/// State behind one lock, with tasks that wait for it to become what they need: the primitive that all waiting is made of.
///
/// Whoever changes the state evaluates the waiting conditions, in the order of arrival, under the same lock; tasks
/// are resumed after the lock is released. Conditions may take something out of the state, so a hand-out is atomic.
/// Many who wait for the same stand in line, and cost a change no more than one.
///
/// Other modules see how it is made, so that it is compiled for their states: to find out at run time what these are takes longer than
/// a change.
package final class Monitor<State: Sendable>: Sendable {
    @usableFromInline
    struct Waiter: Sendable {
        @usableFromInline let id: UInt64
        /// Evaluates the condition; when it holds, returns what resumes the task.
        @usableFromInline let attempt: @Sendable (inout State) -> (@Sendable () -> Void)?
        @usableFromInline let cancel: @Sendable () -> Void

        @inlinable
        init(
            id: UInt64, attempt: @escaping @Sendable (inout State) -> (@Sendable () -> Void)?,
            cancel: @escaping @Sendable () -> Void
        ) {
            (self.id, self.attempt, self.cancel) = (id, attempt, cancel)
        }
    }

    @usableFromInline
    struct Contents: Sendable {
        @usableFromInline var state: State
        @usableFromInline var waiters: [Waiter] = []
        /// Those who wait for the same: what the first does not get, nobody behind it does.
        @usableFromInline var line: [Waiter] = []
        @usableFromInline var lastID: UInt64 = 0

        @inlinable
        init(state: State) {
            self.state = state
        }

        @inlinable
        mutating func takeSatisfied() -> [@Sendable () -> Void] {
            guard !waiters.isEmpty || !line.isEmpty else { return [] }
            var resumptions: [@Sendable () -> Void] = []
            waiters.removeAll { waiter in
                guard let resume = waiter.attempt(&state) else { return false }
                resumptions.append(resume)
                return true
            }
            return resumptions + takeServed()
        }

        /// Serves those in line until one does not get it.
        @inlinable
        mutating func takeServed() -> [@Sendable () -> Void] {
            var resumptions: [@Sendable () -> Void] = []
            var served = 0
            while served < line.count, let resume = line[served].attempt(&state) {
                resumptions.append(resume)
                served += 1
            }
            line.removeFirst(served)
            return resumptions
        }

        @inlinable
        mutating func remove(_ id: UInt64) -> Waiter? {
            if let index = waiters.firstIndex(where: { $0.id == id }) { return waiters.remove(at: index) }
            return line.firstIndex(where: { $0.id == id }).map { line.remove(at: $0) }
        }
    }

    @usableFromInline let contents: Mutex<Contents>

    /// Starts with a state, and nobody who waits.
    @inlinable
    package init(_ state: State) {
        contents = Mutex(Contents(state: state))
    }

    /// How many tasks wait.
    @inlinable package var waitingCount: Int { contents.withLock { $0.waiters.count + $0.line.count } }

    /// Looks at the state without waking anybody.
    @inlinable
    package func read<Result: Sendable>(_ body: (State) -> Result) -> Result {
        contents.withLock { body($0.state) }
    }

    /// Changes the state and resumes the tasks whose condition now holds.
    @inlinable
    @discardableResult
    package func update<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
        let (result, resumptions) = contents.withLock { contents in
            let result = body(&contents.state)
            return (result, contents.takeSatisfied())
        }
        for resume in resumptions { resume() }
        return result
    }

    /// Waits until a condition yields a value.
    ///
    /// - Throws: `CancellationError` when the task is cancelled; the condition has then not been evaluated to a value.
    @inlinable
    package func wait<Result: Sendable>(
        until condition: @escaping @Sendable (inout State) -> Result?
    ) async throws -> Result {
        try await wait(inLine: false, until: condition)
    }

    /// Waits likewise, behind all who stand in line already, also if the condition holds by now. They all have to wait for the same:
    /// while the first of them does not get it, nobody else is asked.
    ///
    /// - Throws: `CancellationError`, as `wait(until:)`.
    @inlinable
    package func waitInLine<Result: Sendable>(
        until condition: @escaping @Sendable (inout State) -> Result?
    ) async throws -> Result {
        try await wait(inLine: true, until: condition)
    }

    @inlinable
    func wait<Result: Sendable>(
        inLine isInLine: Bool, until condition: @escaping @Sendable (inout State) -> Result?
    ) async throws -> Result {
        let id = contents.withLock { contents in
            contents.lastID += 1
            return contents.lastID
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Result, any Error>) in
                let resumptions: [@Sendable () -> Void] = contents.withLock { contents in
                    // A cancellation before this point finds no waiter, so it has to be seen here.
                    if Task.isCancelled { return [{ continuation.resume(throwing: CancellationError()) }] }
                    let isFirst = !isInLine || contents.line.isEmpty
                    if isFirst, let result = condition(&contents.state) {
                        return [{ continuation.resume(returning: result) }]
                    }
                    let waiter = Waiter(
                        id: id,
                        attempt: { state in
                            guard let result = condition(&state) else { return nil }
                            return { continuation.resume(returning: result) }
                        },
                        cancel: { continuation.resume(throwing: CancellationError()) })
                    guard isInLine else {
                        contents.waiters.append(waiter)
                        return []
                    }
                    contents.line.append(waiter)
                    return isFirst ? [] : contents.takeServed()
                }
                for resume in resumptions { resume() }
            }
        } onCancel: {
            let waiter: Waiter? = contents.withLock { $0.remove(id) }
            waiter?.cancel()
        }
    }

    /// Waits until a condition holds, but not longer than a time. The condition must not change the state: when both come
    /// together, its result is dropped.
    ///
    /// - Returns: whether the condition held in time.
    /// - Throws: `CancellationError`.
    @inlinable
    package func wait(
        atMost timeout: Duration, clock: any RuntimeClock, until condition: @escaping @Sendable (State) -> Bool
    ) async throws -> Bool {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask { try await self.wait { condition($0) ? true : nil } }
            group.addTask {
                try await clock.sleep(for: timeout)
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
    }
}
