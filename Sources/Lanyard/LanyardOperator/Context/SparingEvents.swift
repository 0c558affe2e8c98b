import ControllerRuntime
import KubernetesModel
import LanyardControllers
import Synchronization

/// Leaves out what would be told of very many objects at once, as when an operator starts beside thousands of new ones: each of
/// these events is a request, and status and log say the same. Of a namespace and a reason the first hundred are told, and one
/// in each second after them.
///
/// Warnings, and what seldom happens, are always told.
final class SparingEvents: EventRecorder {
    /// How many of a kind may come at once.
    static let burst = 100.0
    /// Of how many kinds something is noted before the older half is forgotten, should that not be due sooner. Then a kind of it
    /// may come in a burst anew.
    static let kept = 4_096
    /// What is done in the normal course of things, for each object.
    private static let routine: Set<String> = [
        EventReason.entryCreated, EventReason.entryUpdated, EventReason.policyUpdated, EventReason.authRoleUpdated,
        EventReason.databaseRoleUpdated, EventReason.cleanedUp,
    ]

    private struct Crowd: Hashable {
        let namespace: String
        let reason: String
    }

    private struct Allowance {
        var left = SparingEvents.burst
        var at: Duration

        /// As it is now, with what has come since.
        func grown(at now: Duration) -> Allowance {
            Allowance(left: min(SparingEvents.burst, left + (now - at) / .seconds(1)), at: now)
        }
    }

    /// What is remembered, in two halves. What has not been touched for as long as a burst takes to come back is as new: so the
    /// older half can go as a whole, and nobody looks through it.
    private struct Allowances {
        private var recent: [Crowd: Allowance] = [:]
        private var older: [Crowd: Allowance] = [:]
        private var began: Duration = .zero

        var count: Int { recent.count + older.count }

        mutating func takes(_ crowd: Crowd, at now: Duration) -> Bool {
            turn(at: now)
            var allowance = (recent[crowd] ?? older.removeValue(forKey: crowd))?.grown(at: now) ?? Allowance(at: now)
            let isTold = allowance.left >= 1
            if isTold { allowance.left -= 1 }
            recent[crowd] = allowance
            return isTold
        }

        private mutating func turn(at now: Duration) {
            guard now - began >= .seconds(SparingEvents.burst) || recent.count >= SparingEvents.kept else { return }
            older = recent
            recent = [:]
            began = now
        }
    }

    private let recorder: any EventRecorder
    private let clock: any RuntimeClock
    private let allowances = Mutex(Allowances())

    /// Passes events on to a recorder.
    init(_ recorder: any EventRecorder, clock: any RuntimeClock) {
        self.recorder = recorder
        self.clock = clock
    }

    func record(_ event: ObjectEvent) {
        guard event.kind == .normal, Self.routine.contains(event.reason) else { return recorder.record(event) }
        if takes(Crowd(namespace: event.regarding.namespace ?? "", reason: event.reason)) { recorder.record(event) }
    }

    /// Of how many kinds something is remembered, for tests.
    var rememberedCount: Int { allowances.withLock { $0.count } }

    private func takes(_ crowd: Crowd) -> Bool {
        let now = clock.now
        return allowances.withLock { $0.takes(crowd, at: now) }
    }
}
