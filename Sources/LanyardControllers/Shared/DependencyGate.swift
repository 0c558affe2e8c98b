package import ControllerRuntime
package import KubernetesModel
import Synchronization

/// The state of one external system as the reconcilers see it: while its circuit breaker is open, they fail at once with
/// what the system last said, and are run again when it is back.
package final class DependencyGate<Failure: Error & Sendable>: Sendable {
    private let breaker: CircuitBreaker?
    private let lastFailure = Mutex<Failure?>(nil)

    /// - Parameter breaker: nil where nothing probes (simulations): then no call is ever refused.
    package init(breaker: CircuitBreaker?) {
        self.breaker = breaker
    }

    /// What the system last failed with, while it is known to be away.
    package var currentFailure: Failure? {
        guard let breaker, breaker.isOpen else { return nil }
        return lastFailure.withLock { $0 }
    }

    /// Records that the system is away; the object is run again as soon as it is back.
    package func recordFailure(_ failure: Failure, waiting key: ObjectKey) {
        lastFailure.withLock { $0 = failure }
        breaker?.recordFailure(waiting: key)
    }
}
