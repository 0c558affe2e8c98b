import KubernetesModel
import Synchronization

/// A clock that stands still until a test moves it.
final class ManualClock: RuntimeClock {
    private struct State {
        var now = Duration.zero
        var sleepers: [UInt64: Sleeper] = [:]
        var lastID: UInt64 = 0
    }

    private struct Sleeper {
        let wakesAt: Duration
        let continuation: CheckedContinuation<Bool, Never>
    }

    private let state = Mutex(State())

    var now: Duration { state.withLock { $0.now } }
    var wallTime: WallTime { WallTime(secondsSince1970: 1_800_000_000) }

    /// The times at which somebody wants to be woken, sorted.
    var wakeTimes: [Duration] { state.withLock { $0.sleepers.values.map(\.wakesAt).sorted() } }

    func advance(by duration: Duration) {
        let woken = state.withLock { state in
            state.now += duration
            let due = state.sleepers.filter { $0.value.wakesAt <= state.now }
            for id in due.keys { state.sleepers[id] = nil }
            return due.values.map(\.continuation)
        }
        for continuation in woken { continuation.resume(returning: true) }
    }

    func sleep(for duration: Duration) async throws {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        let isOver = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver: Bool? = state.withLock { state in
                    if Task.isCancelled { return false }
                    if duration <= .zero { return true }
                    state.sleepers[id] = Sleeper(wakesAt: state.now + duration, continuation: continuation)
                    return nil
                }
                if let isOver { continuation.resume(returning: isOver) }
            }
        } onCancel: {
            let sleeper = state.withLock { $0.sleepers.removeValue(forKey: id) }
            sleeper?.continuation.resume(returning: false)
        }
        if !isOver { throw CancellationError() }
    }
}
