package import KubernetesModel
package import LanyardAPI
import LanyardCore
import Synchronization

/// What the last pass of this process over each identity came to, for the bindings that name it. Kept in memory only: the
/// status says the same, and tenants may be able to write that.
package final class IdentityStates: Sendable {
    /// Who has an identity in SPIRE.
    package enum Standing: Equatable, Sendable {
        /// Whom the spec says, as far as SPIRE has it at all.
        case declared
        /// Whom an earlier spec said: the new one is in conflict, so that its entry could not be moved.
        case former(serviceAccount: String, spiffeID: SPIFFEID)
        /// Somebody else than the spec says, and it cannot be said who.
        case uncertain
    }

    /// What is true of one identity.
    package struct State: Equatable, Sendable {
        var uid: String?
        var generation: Int64?
        /// Why workloads cannot obtain it; nil when they can, or when that could not be found out.
        var trouble: ConditionOutcome?
        var standing = Standing.declared
    }

    private let states = Mutex<[ObjectKey: State]>([:])
    private let onChange: @Sendable (ObjectKey) -> Void

    /// Knows nothing.
    ///
    /// - Parameter onChange: gets identities of which something else is true now.
    package init(onChange: @escaping @Sendable (ObjectKey) -> Void = { _ in }) {
        self.onChange = onChange
    }

    /// What the last pass over an identity in this very form came to; nil before that.
    func state(of identity: WorkloadIdentity) -> State? {
        states.withLock { $0[identity.key] }.flatMap {
            $0.uid == identity.metadata.uid && $0.generation == identity.metadata.generation ? $0 : nil
        }
    }

    /// Notes what a pass came to.
    func note(_ trouble: ConditionOutcome?, _ standing: Standing, of identity: WorkloadIdentity) {
        let state = State(
            uid: identity.metadata.uid, generation: identity.metadata.generation, trouble: trouble,
            standing: standing)
        if states.withLock({ $0.updateValue(state, forKey: identity.key) }) != state { onChange(identity.key) }
    }

    /// Notes that a pass could not find out anything: what was known stays, and the spec is taken at its word where nothing
    /// was.
    func noteUnknown(of identity: WorkloadIdentity) {
        if state(of: identity) == nil { note(nil, .declared, of: identity) }
    }

    /// Forgets an identity that is gone.
    func forget(_ key: ObjectKey) { states.withLock { _ = $0.removeValue(forKey: key) } }
}
