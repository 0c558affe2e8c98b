import HeapModule
package import KubernetesModel
import ServiceLifecycle

/// A clock whose sleepers share one timer.
///
/// The system keeps the timer of a sleep that was cancelled until its time has come, and wakes for nothing then. Deadlines are
/// nearly always cancelled: passes and requests would leave one behind each, for up to a minute. Here who is cancelled is gone,
/// and the timer is set for the earliest of those that are left.
///
/// It wakes them as a service; while it does not run, each sleeps by itself.
package final class AlarmClock: RuntimeClock, Service {
    private typealias Continuation = CheckedContinuation<Wake, Never>

    /// Why a sleeper is woken.
    private enum Wake: Sendable {
        case due
        case cancelled
        /// Nobody would wake it: it has to see to the rest itself.
        case alone
    }

    private struct Sleeper: Comparable, Sendable {
        let wakesAt: Duration
        let id: UInt64

        static func < (left: Self, right: Self) -> Bool { (left.wakesAt, left.id) < (right.wakesAt, right.id) }
    }

    private struct State: Sendable {
        var isRunning = false
        var lastID: UInt64 = 0
        private var waiting: [UInt64: Continuation] = [:]
        /// Those who were cancelled are among them until they surface, or outnumber the others.
        private var order: Heap<Sleeper> = []

        var count: Int { waiting.count }
        var rememberedCount: Int { order.count }
        /// When the timer has to go off, or somewhat earlier.
        var earliest: Duration? { order.min?.wakesAt }

        /// - Returns: what the sleeper is woken with at once, if it is not added.
        mutating func add(_ sleeper: Sleeper, _ continuation: Continuation) -> Wake? {
            // Either this sees the cancellation, or `remove` comes later and finds the sleeper.
            guard !Task.isCancelled else { return .cancelled }
            guard isRunning else { return .alone }
            waiting[sleeper.id] = continuation
            order.insert(sleeper)
            if order.count > 2 * waiting.count + 64 {
                let waiting = waiting
                order = Heap(order.unordered.filter { waiting[$0.id] != nil })
            }
            return nil
        }

        mutating func remove(_ id: UInt64) -> Continuation? { waiting.removeValue(forKey: id) }

        /// Takes those whose time has come; what comes first afterwards waits.
        mutating func takeDue(at now: Duration) -> [Continuation] {
            var due: [Continuation] = []
            while let first = order.min, first.wakesAt <= now || waiting[first.id] == nil {
                order.removeMin()
                if let continuation = waiting.removeValue(forKey: first.id) { due.append(continuation) }
            }
            return due
        }

        mutating func stop() -> [Continuation] {
            defer { (isRunning, waiting, order) = (false, [:], []) }
            return Array(waiting.values)
        }
    }

    /// So short a sleep is left to the base.
    private static let shortest: Duration = .milliseconds(100)

    private let base: any RuntimeClock
    private let state = Monitor(State())

    /// Makes a clock that has the time of another one.
    package init(base: any RuntimeClock) {
        self.base = base
    }

    /// Whether it wakes sleepers.
    var isRunning: Bool { state.read { $0.isRunning } }
    /// How many it is to wake.
    var sleeperCount: Int { state.read { $0.count } }
    /// Those included who were cancelled and have not surfaced.
    var rememberedCount: Int { state.read { $0.rememberedCount } }

    package var now: Duration { base.now }
    package var wallTime: WallTime { base.wallTime }

    /// Waits. Cancelled, it leaves no timer behind, unless it is a short sleep or nobody wakes sleepers: then it is the base's.
    package func sleep(for duration: Duration) async throws {
        guard duration > Self.shortest else { return try await base.sleep(for: duration) }
        let wakesAt = base.now + duration
        let id = state.update { state in
            state.lastID += 1
            return state.lastID
        }
        let wake = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: Continuation) in
                let wake = state.update { $0.add(Sleeper(wakesAt: wakesAt, id: id), continuation) }
                if let wake { continuation.resume(returning: wake) }
            }
        } onCancel: {
            state.update { $0.remove(id) }?.resume(returning: .cancelled)
        }
        switch wake {
        case .due: return
        case .cancelled: throw CancellationError()
        case .alone: try await base.sleep(for: wakesAt - base.now)
        }
    }

    /// Wakes sleepers until shutdown; those who are left go on by themselves.
    ///
    /// - Throws: `CancellationError` when the task is cancelled; graceful shutdown is a normal end.
    package func run() async throws {
        defer {
            for continuation in state.update({ $0.stop() }) { continuation.resume(returning: .alone) }
        }
        do {
            try await cancelWhenGracefulShutdown { try await self.wakeSleepers() }
        } catch is CancellationError where Task.isShuttingDownGracefully {
            return
        }
    }

    private func wakeSleepers() async throws {
        state.update { $0.isRunning = true }
        while true {
            let now = base.now
            let (due, next) = state.update { ($0.takeDue(at: now), $0.earliest) }
            for continuation in due { continuation.resume(returning: .due) }
            if let next {
                _ = try await state.wait(atMost: next - now, clock: base) { state in
                    state.earliest.map { $0 < next } ?? false
                }
            } else {
                try await state.wait { $0.earliest == nil ? nil : () }
            }
        }
    }
}
