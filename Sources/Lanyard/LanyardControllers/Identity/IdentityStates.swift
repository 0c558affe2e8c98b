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

    /// What of an identity is other than it was taken for.
    package enum News: Equatable, Sendable {
        /// Who has it, or that this is known now: for every binding that names it.
        case standing
        /// Only whether workloads can obtain it: for those bindings whose login needs that.
        case trouble
    }

    private struct Book: Sendable {
        var states: [ObjectKey: State] = [:]
        /// Identities whose next pass some binding waits for.
        var awaited: Set<ObjectKey> = []

        /// What is known of an identity in this very form.
        func state(of identity: WorkloadIdentity) -> State? {
            states[identity.key].flatMap {
                $0.uid == identity.metadata.uid && $0.generation == identity.metadata.generation ? $0 : nil
            }
        }
    }

    private let book = Mutex(Book())
    private let onChange: @Sendable (ObjectKey, News) -> Void

    /// Knows nothing.
    ///
    /// - Parameter onChange: gets identities of which something else is true now, and what.
    package init(onChange: @escaping @Sendable (ObjectKey, News) -> Void = { _, _ in }) {
        self.onChange = onChange
    }

    /// What the last pass over an identity in this very form came to; nil before that.
    func state(of identity: WorkloadIdentity) -> State? {
        book.withLock { $0.state(of: identity) }
    }

    /// The same for a binding that waits for that pass: if there was none yet, the next one is news, whatever it comes to.
    func awaitedState(of identity: WorkloadIdentity) -> State? {
        book.withLock { book in
            let state = book.state(of: identity)
            if state == nil { book.awaited.insert(identity.key) }
            return state
        }
    }

    /// Notes what a pass came to. That an identity is as its spec says is news only to who waits for it: the others have taken
    /// the spec at its word (rule work-13).
    func note(_ trouble: ConditionOutcome?, _ standing: Standing, of identity: WorkloadIdentity) {
        let state = State(
            uid: identity.metadata.uid, generation: identity.metadata.generation, trouble: trouble,
            standing: standing)
        let news = book.withLock { book -> News? in
            let known = book.state(of: identity)
            book.states[identity.key] = state
            if book.awaited.remove(identity.key) != nil || standing != (known?.standing ?? .declared) {
                return .standing
            }
            return trouble == known?.trouble ? nil : .trouble
        }
        if let news { onChange(identity.key, news) }
    }

    /// Notes that a pass could not find out anything: what was known stays, and the spec is taken at its word where nothing
    /// was.
    func noteUnknown(of identity: WorkloadIdentity) {
        if state(of: identity) == nil { note(nil, .declared, of: identity) }
    }

    /// Forgets an identity that is gone.
    func forget(_ key: ObjectKey) {
        book.withLock { book in
            book.states[key] = nil
            book.awaited.remove(key)
        }
    }
}
