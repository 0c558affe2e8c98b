import Synchronization

/// Wakes watches when the history grew, and ends them.
final class WatchHub: Sendable {
    private let state = Mutex(State())

    private struct State {
        var epoch = 0
        var nextID: UInt64 = 0
        var waiters: [UInt64: Waiter] = [:]
    }

    private struct Waiter {
        let table: Int
        let continuation: CheckedContinuation<Void, Never>
    }

    /// Grows when all watches are closed.
    var epoch: Int { state.withLock { $0.epoch } }

    /// Wakes the watches of one kind, or of all.
    func wake(_ table: Int? = nil) {
        let woken = state.withLock { state in
            let woken = state.waiters.filter { table == nil || $0.value.table == table }
            for id in woken.keys { state.waiters[id] = nil }
            return woken.sorted { $0.key < $1.key }
        }
        for (_, waiter) in woken { waiter.continuation.resume() }
    }

    /// Ends all watches that are open now.
    func closeAll() {
        state.withLock { $0.epoch += 1 }
        wake()
    }

    /// Waits for the next wake-up, unless `isReady` holds already or the epoch has changed.
    func wait(table: Int, epoch: Int, isReady: @Sendable () -> Bool) async {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isWaiting = state.withLock { state in
                    if Task.isCancelled || state.epoch != epoch { return false }
                    state.waiters[id] = Waiter(table: table, continuation: continuation)
                    return true
                }
                if !isWaiting { continuation.resume() }
                // A write between the last look and the registration has woken nobody.
                if isWaiting, isReady() { release(id) }
            }
        } onCancel: {
            release(id)
        }
    }

    private func release(_ id: UInt64) {
        state.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume()
    }
}
