package import KubernetesModel
import Synchronization

/// A clock on which every wait is over at once; a test does something in each.
package final class TurningClock: RuntimeClock {
    private struct State {
        var now: Duration = .zero
        var turns = 0
        var action: (@Sendable (Int) async throws -> Void)?
    }

    private let state = Mutex(State())

    /// Starts at zero, in 2026.
    package init() {}

    /// How long all waits were.
    package var now: Duration { state.withLock { $0.now } }
    /// The same in civil time.
    package var wallTime: WallTime { WallTime(secondsSince1970: 1_767_225_600 + now.components.seconds) }

    /// Has something done in each wait, which gets the number of waits before it.
    package func onSleep(_ action: @escaping @Sendable (Int) async throws -> Void) {
        state.withLock { $0.action = action }
    }

    /// Does what is to be done in this wait.
    ///
    /// - Throws: what that throws; `CancellationError` when the task is cancelled.
    package func sleep(for duration: Duration) async throws {
        try Task.checkCancellation()
        let (turn, action) = state.withLock { state in
            state.now += duration
            state.turns += 1
            return (state.turns - 1, state.action)
        }
        try await action?(turn)
    }
}
