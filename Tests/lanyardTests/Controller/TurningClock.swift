import KubernetesModel
import Synchronization

/// A clock on which every wait is over at once; a test does something in each.
final class TurningClock: RuntimeClock {
    private struct State {
        var now: Duration = .zero
        var turns = 0
        var action: (@Sendable (Int) async throws -> Void)?
    }

    private let state = Mutex(State())

    var now: Duration { state.withLock { $0.now } }
    var wallTime: WallTime { WallTime(secondsSince1970: 1_767_225_600 + now.components.seconds) }

    /// Has something done in each wait, which gets the number of waits before it.
    func onSleep(_ action: @escaping @Sendable (Int) async throws -> Void) { state.withLock { $0.action = action } }

    func sleep(for duration: Duration) async throws {
        try Task.checkCancellation()
        let (turn, action) = state.withLock { state in
            state.now += duration
            state.turns += 1
            return (state.turns - 1, state.action)
        }
        try await action?(turn)
    }
}
