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
    /// Of so many kinds something is remembered before those are forgotten that are as new.
    private static let kept = 512
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

    private let recorder: any EventRecorder
    private let clock: any RuntimeClock
    private let allowances = Mutex<[Crowd: Allowance]>([:])

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
        return allowances.withLock { allowances in
            var allowance = allowances[crowd]?.grown(at: now) ?? Allowance(at: now)
            let isTold = allowance.left >= 1
            if isTold { allowance.left -= 1 }
            allowances[crowd] = allowance
            if allowances.count > Self.kept {
                allowances = allowances.filter { $0.value.grown(at: now).left < Self.burst }
            }
            return isTold
        }
    }
}
