package import ControllerRuntime
package import KubernetesModel
package import Logging
import Synchronization

/// The state of one external system as the reconcilers see it: while its circuit breaker is open, they fail at once with
/// what the system last said, and are run again when it is back.
package final class DependencyGate<Failure: Error & Sendable>: Sendable {
    /// What probes the system while it is away; has to run.
    package let breaker: CircuitBreaker?
    private let lastFailure: LastFailure<Failure>

    /// A gate that never refuses a call, as nothing probes (simulations), or one with a breaker that was made elsewhere.
    package init(breaker: CircuitBreaker?) {
        self.breaker = breaker
        lastFailure = LastFailure()
    }

    /// A gate whose breaker probes a system, and that says what the last probe met.
    ///
    /// - Parameters:
    ///   - name: the system's name, for logs.
    ///   - probe: asks the system for a sign of life, cheaply.
    ///   - onClose: gets the outage that is over, and what the system last said of itself during it.
    package init(
        name: String, environment: Environment, logger: Logger,
        probe: @escaping @Sendable () async throws(Failure) -> Void,
        onClose: @escaping @Sendable (_ outage: Outage, _ last: Failure?) -> Void
    ) {
        let lastFailure = LastFailure<Failure>()
        self.lastFailure = lastFailure
        breaker = CircuitBreaker(
            name: name, environment: environment, logger: logger,
            probe: {
                do throws(Failure) {
                    try await probe()
                } catch {
                    // A probe that is cancelled, as at its deadline, says nothing of the system.
                    if !Task.isCancelled { lastFailure.value.withLock { $0 = error } }
                    throw error
                }
            }, onClose: { outage in onClose(outage, lastFailure.value.withLock { $0 }) })
    }

    /// What the system last failed with, while it is known to be away.
    package var currentFailure: Failure? {
        guard let breaker, breaker.isOpen else { return nil }
        return lastFailure.value.withLock { $0 }
    }

    /// Lets a pass go on.
    ///
    /// - Throws: what the system last failed with, while it is known to be away.
    func check() throws(Failure) {
        if let failure = currentFailure { throw failure }
    }

    /// Records that the system is away; the object is run again as soon as it is back. Who finds it away first has only its
    /// own retry: should that one be the cause, it would otherwise stop everybody again at once, without end.
    package func recordFailure(_ failure: Failure, waiting key: ObjectKey) {
        lastFailure.value.withLock { $0 = failure }
        guard let breaker else { return }
        if breaker.isOpen { breaker.recordFailure(waiting: key) } else { breaker.recordFailure() }
    }
}

extension DependencyGate where Failure: ServerFailure {
    /// Notes what a pass met. If the system is away, the object is run again as soon as it is back.
    func note(_ failure: Failure, waiting key: ObjectKey) {
        if failure.isOutage { recordFailure(failure, waiting: key) }
    }

    /// Notes what a pass met, and says what it ends with once it has said on its object what is wrong.
    ///
    /// - Throws: the same, when the failure says nothing of the object.
    func retry(after failure: Failure, waiting key: ObjectKey) throws -> any Error {
        note(failure, waiting: key)
        guard failure.isWorthReporting else { throw failure.retry }
        return failure.retry
    }
}

/// What a system failed with, for its gate and the probes of its breaker.
private final class LastFailure<Failure: Error & Sendable>: Sendable {
    let value = Mutex<Failure?>(nil)
}
