import KubernetesModel
import Synchronization

/// Runs an operation once for all who ask for it at the same time.
final class SingleFlight<Value: Sendable>: Sendable {
    private let state = Mutex(State())

    private struct State {
        var isRunning = false
        var nextID: UInt64 = 0
        var waiters: [UInt64: CheckedContinuation<Result<Value, any Error>, Never>] = [:]
    }

    /// The result of the operation that runs, or of this one when none does. When the caller whose operation runs is
    /// cancelled, one of the others runs its own.
    ///
    /// - Throws: what the operation throws, `CancellationError`.
    func run(_ operation: () async throws -> Value) async throws -> Value {
        while true {
            try Task.checkCancellation()
            guard let shared = await join() else { return try await lead(operation) }
            if case .failure(let error) = shared, error is CancellationError { continue }
            return try shared.get()
        }
    }

    private func lead(_ operation: () async throws -> Value) async throws -> Value {
        let result = await Result<Value, any Error>.of(operation)
        let waiters = state.withLock { state in
            defer { state.waiters = [:] }
            state.isRunning = false
            return state.waiters.values.map { $0 }
        }
        for waiter in waiters { waiter.resume(returning: result) }
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
