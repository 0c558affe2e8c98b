import Synchronization

/// Lets a limited number of requests pass at once; the others wait in order of arrival.
final class RequestLimit: Sendable {
    private struct State {
        var free: Int
        var waiting: [Waiter] = []
        var lastID: UInt64 = 0
    }

    private struct Waiter {
        let id: UInt64
        /// Resumed with true for a place, with false when the task was cancelled.
        let continuation: CheckedContinuation<Bool, Never>
    }

    private let state: Mutex<State>

    init(_ count: Int) {
        state = Mutex(State(free: max(count, 1)))
    }

    /// How many wait, for tests.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Runs an operation when it is its turn.
    ///
    /// - Throws: `VaultError` with code `cancelled` when the task is cancelled while it waits; what the operation throws.
    func withPlace<Result>(
        _ operation: () async throws(VaultError) -> Result
    ) async throws(VaultError) -> Result {
        guard await enter() else { throw VaultError(.cancelled, "the task was cancelled") }
        defer { leave() }
        return try await operation()
    }

    private func enter() async -> Bool {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isAllowed: Bool? = state.withLock { state in
                    // Checked here, because a cancellation before this finds nobody to resume.
                    if Task.isCancelled { return false }
                    if state.free > 0 {
                        state.free -= 1
                        return true
                    }
                    state.waiting.append(Waiter(id: id, continuation: continuation))
                    return nil
                }
                if let isAllowed { continuation.resume(returning: isAllowed) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0) }
            }
            waiter?.continuation.resume(returning: false)
        }
    }

    /// Hands the place to the first who waits.
    private func leave() {
        let next: Waiter? = state.withLock { state in
            if state.waiting.isEmpty {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.continuation.resume(returning: true)
    }
}
