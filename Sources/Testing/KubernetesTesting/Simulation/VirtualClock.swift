public import KubernetesModel
import Synchronization

/// Time that stands still until a test moves it.
public final class VirtualClock: RuntimeClock {
    private let origin: WallTime
    private let state = Mutex(State())

    private struct State {
        var now: Duration = .zero
        var nextID: UInt64 = 0
        /// In the order in which they wake: by deadline, then by age.
        var sleepers: [Sleeper] = []
        var observers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private struct Sleeper {
        let id: UInt64
        let deadline: Duration
        let continuation: CheckedContinuation<Void, any Error>
    }

    /// Starts at zero, which is `origin` in civil time.
    public init(origin: WallTime = WallTime(secondsSince1970: 1_767_225_600)) {
        self.origin = origin
    }

    /// How far time was moved.
    public var now: Duration { state.withLock { $0.now } }

    /// The origin and how far time was moved.
    public var wallTime: WallTime {
        let (seconds, attoseconds) = now.components
        return WallTime(
            secondsSince1970: origin.secondsSince1970 + seconds,
            microseconds: Int(attoseconds / 1_000_000_000_000))
    }

    /// When the next sleeper wakes; nil when nothing sleeps.
    public var nextDeadline: Duration? { state.withLock { $0.sleepers.first?.deadline } }

    /// How many tasks sleep now.
    public var sleeperCount: Int { state.withLock { $0.sleepers.count } }

    /// Moves time forward and wakes the sleepers whose time has come, in the order of their deadlines.
    public func advance(by duration: Duration) {
        let due = state.withLock { state -> [Sleeper] in
            state.now += max(duration, .zero)
            let now = state.now
            let due = Array(state.sleepers.prefix { $0.deadline <= now })
            state.sleepers.removeFirst(due.count)
            return due
        }
        for sleeper in due { sleeper.continuation.resume() }
    }

    /// Moves time forward to the next deadline and wakes those who wait for it.
    ///
    /// - Returns: whether there was a sleeper.
    @discardableResult
    public func advanceToNextDeadline() -> Bool {
        guard let deadline = nextDeadline else { return false }
        advance(by: deadline - now)
        return true
    }

    /// Waits until at least this many tasks sleep, so that a test does not move time too early.
    public func waitForSleepers(_ count: Int = 1) async {
        await withCheckedContinuation { continuation in
            let isReached = state.withLock { state in
                if state.sleepers.count >= count { return true }
                state.observers.append((count, continuation))
                return false
            }
            if isReached { continuation.resume() }
        }
    }

    /// Waits until time was moved far enough.
    public func sleep(for duration: Duration) async throws {
        try Task.checkCancellation()
        guard duration > .zero else { return }
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let (isCancelled, observers) = state.withLock { state in
                    insert(continuation, id: id, for: duration, into: &state)
                }
                if isCancelled { continuation.resume(throwing: CancellationError()) }
                for observer in observers { observer.resume() }
            }
        } onCancel: {
            cancel(id)
        }
    }

    private func insert(
        _ continuation: CheckedContinuation<Void, any Error>, id: UInt64, for duration: Duration,
        into state: inout State
    ) -> (isCancelled: Bool, observers: [CheckedContinuation<Void, Never>]) {
        // Either this sees the cancellation, or `cancel` comes later and finds the sleeper.
        if Task.isCancelled { return (true, []) }
        let deadline = state.now + duration
        let position = state.sleepers.firstIndex { $0.deadline > deadline } ?? state.sleepers.endIndex
        state.sleepers.insert(Sleeper(id: id, deadline: deadline, continuation: continuation), at: position)
        let count = state.sleepers.count
        let reached = state.observers.filter { $0.count <= count }
        state.observers.removeAll { $0.count <= count }
        return (false, reached.map(\.continuation))
    }

    private func cancel(_ id: UInt64) {
        let sleeper = state.withLock { state -> Sleeper? in
            state.sleepers.firstIndex { $0.id == id }.map { state.sleepers.remove(at: $0) }
        }
        sleeper?.continuation.resume(throwing: CancellationError())
    }
}
