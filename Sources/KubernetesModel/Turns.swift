import Synchronization

/// A limited number of places; who finds none waits for one, first come first served.
///
/// For clients that share a few connections: a connection pool's own queue ends a wait whenever it likes, and calls that a
/// failure of the server.
public final class Turns: Sendable {
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

    /// - Parameter places: how many there are; at least one.
    public init(_ places: Int) {
        state = Mutex(State(free: max(places, 1)))
    }

    /// How many wait.
    public var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Waits for a place, which is given back with `leave()`.
    ///
    /// - Parameter time: how long to wait.
    /// - Returns: whether there is one; false also when the task is cancelled.
    public func enter(atMost time: Duration, _ clock: any RuntimeClock) async -> Bool {
        let isFree = state.withLock { state in
            guard state.free > 0, !Task.isCancelled else { return false }
            state.free -= 1
            return true
        }
        if isFree { return true }
        return await withTaskGroup(of: Bool.self) { group in
            group.addTask { await self.waitForPlace() }
            group.addTask {
                try? await clock.sleep(for: time)
                return false
            }
            var hasEntered = false
            // Whichever ends first ends the other; a place that came at the last moment is taken.
            for await result in group {
                hasEntered = hasEntered || result
                group.cancelAll()
            }
            return hasEntered
        }
    }

    /// Hands the place to the first who waits.
    public func leave() {
        let next: Waiter? = state.withLock { state in
            if state.waiting.isEmpty {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.continuation.resume(returning: true)
    }

    private func waitForPlace() async -> Bool {
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
}
