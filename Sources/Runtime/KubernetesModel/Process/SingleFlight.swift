import Synchronization

/// Runs an operation once for all who ask for it at the same time.
package final class SingleFlight<Value: Sendable>: Sendable {
    private let state = Mutex(State())

    private struct State {
        var isRunning = false
        var nextID: UInt64 = 0
        var waiters: [UInt64: CheckedContinuation<Result<Value, any Error>, Never>] = [:]
    }

    /// Runs nothing yet.
    package init() {}

    /// How many wait for the operation of another.
    package var waitingCount: Int { state.withLock { $0.waiters.count } }

    /// The result of the operation that runs, or of this one when none does. It runs in the task of the caller who was first:
    /// when that is cancelled, one of the others runs its own. Who only waits and is cancelled leaves the others alone.
    ///
    /// - Throws: what the operation throws, `CancellationError`.
    package func run(_ operation: () async throws -> Value) async throws -> Value {
        while true {
            try Task.checkCancellation()
            guard let shared = await join() else { return try await lead(operation) }
            if case .failure(let error) = shared, error is CancellationError { continue }
            return try shared.get()
        }
    }

    private func lead(_ operation: () async throws -> Value) async throws -> Value {
        let result = await Result<Value, any Error>.of(operation)
        var shared = result
        // What a task that was cancelled failed with says nothing to the others, whatever it calls it.
        if case .failure = result, Task.isCancelled { shared = .failure(CancellationError()) }
        let waiters = state.withLock { state in
            defer { state.waiters = [:] }
            state.isRunning = false
            return state.waiters.values.map { $0 }
        }
        for waiter in waiters { waiter.resume(returning: shared) }
        return try result.get()
    }

    /// Waits for the operation that runs; nil when none did, so that the caller's is the one from now on.
    private func join() async -> Result<Value, any Error>? {
        let id = state.withLock { state -> UInt64? in
            guard state.isRunning else {
                state.isRunning = true
                return nil
            }
            state.nextID += 1
            return state.nextID
        }
        guard let id else { return nil }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isWaiting = state.withLock { state in
                    // The operation may have ended, or this task been cancelled, meanwhile: then look again.
                    guard state.isRunning, !Task.isCancelled else { return false }
                    state.waiters[id] = continuation
                    return true
                }
                if !isWaiting { continuation.resume(returning: .failure(CancellationError())) }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?
                .resume(returning: .failure(CancellationError()))
        }
    }
}

/// Single flights of many questions, each by itself. Who answers one must not ask another meanwhile: two could wait for each
/// other.
package final class SingleFlights<Question: Hashable & Sendable, Answer: Sendable>: Sendable {
    private struct Flight: Sendable {
        let flight = SingleFlight<Answer>()
        /// Those who run or wait.
        var passengers = 0
    }

    private let flights = Mutex<[Question: Flight]>([:])

    /// Runs nothing yet.
    package init() {}

    /// How many questions are being answered.
    package var count: Int { flights.withLock { $0.count } }

    /// How many wait for the operation of another.
    package var waitingCount: Int {
        flights.withLock { flights in
            flights.values.reduce(0) { $0 + $1.flight.waitingCount }
        }
    }

    /// The answer of the operation that runs for this question, as `SingleFlight.run` has it.
    ///
    /// - Throws: what the operation throws, `CancellationError`.
    package func run(_ question: Question, _ operation: () async throws -> Answer) async throws -> Answer {
        let flight = flights.withLock { flights in
            var flight = flights[question] ?? Flight()
            flight.passengers += 1
            flights[question] = flight
            return flight.flight
        }
        defer {
            flights.withLock { flights in
                flights[question]?.passengers -= 1
                if flights[question]?.passengers == 0 { flights[question] = nil }
            }
        }
        return try await flight.run(operation)
    }
}
