import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardCore

extension BindingReconciler {
    /// A pass over a binding of which it cannot be said who gets the access. What exists stays, and nothing new is given: what a
    /// boundary allows may depend on who it is for. What it takes away from all does not.
    func hold(_ binding: VaultRoleBinding, because problem: SubjectProblem) async throws -> ReconcileResult {
        let curb = try await curb(binding, isPassing: problem.isPassing)
        var excess = curb.first
        // Before the status, which may be impossible to write.
        var grace: Duration?
        var trouble: (any Error)?
        // What passes may not pass: an identity that nobody can write has no pass that comes to its end.
        let waits = problem.isPassing ? doubts.lasts(of: binding.key, at: environment.clock.now) : problem.keepsLogins
        do {
            if waits {
                let leftover = try await awaitInheritance(of: binding)
                excess = excess ?? leftover
            } else if !problem.isPassing {
                gatherer.ledger.heirs.forget(binding.key)
                grace = try await graceOfLogins(before: binding)
                if grace == nil { try await closeLogins(before: binding) }
            }
        } catch {
            trouble = error
        }
        if problem.isPassing, excess == nil, trouble == nil, curb.deleted.isEmpty {
            // The identity's pass runs this binding again.
            return .requeue(after: environment.jittered(.seconds(15), by: 0.2))
        }
        // What exists stays; the identity's own events run this binding again.
        let outcome = problem.outcome
        let message = excess?.told(before: outcome.message) ?? outcome.message
        try await report(
            .waiting(
                note: boundaries.note(on: binding), identity: ConditionOutcome(outcome.status, outcome.reason, message),
                deleted: curb.deleted),
            on: binding)
        if let trouble { throw trouble }
        if let excess { throw excess.retry }
        return grace.map { .requeue(after: $0) } ?? .done
    }
}
