import KubernetesClient
import KubernetesModel

/// What the end of a reconcile means for its key: one place for all rules of retrying.
struct ReconcileOutcome: Equatable, Sendable {
    /// The `result` label of the metric.
    enum Label: String, CaseIterable, Sendable {
        case success
        case error
        case requeue
        case requeueAfter = "requeue_after"
    }

    /// What happens to the key next.
    enum FollowUp: Equatable, Sendable {
        /// Its backoff ends; it waits for a trigger.
        case forget
        /// Its backoff ends; it is looked at again after this time.
        case forgetAndAdd(after: Duration, WorkPriority?)
        /// It is looked at again after this time; its backoff stays.
        case add(after: Duration)
        /// It is looked at again after its backoff.
        case addRateLimited
        /// The worker is being stopped: the next process starts anew.
        case drop
    }

    /// How bad it is.
    enum Severity: Equatable, Sendable { case fine, conflict, failure, terminal, timeout, stopped }

    let label: Label?
    let followUp: FollowUp
    let severity: Severity

    /// The outcome of a reconcile that returned.
    init(_ result: ReconcileResult) {
        severity = .fine
        if let delay = result.requeueAfter {
            label = .requeueAfter
            followUp = .forgetAndAdd(after: delay, result.priority)
        } else {
            label = .success
            followUp = .forget
        }
    }

    /// The outcome of a reconcile that threw.
    ///
    /// - Parameter isStopping: whether the worker itself was cancelled.
    init(_ error: any Error, isStopping: Bool) {
        switch error {
        case is CancellationError where isStopping:
            (label, followUp, severity) = (nil, .drop, .stopped)
        case let error as RetryAfter:
            (label, followUp, severity) = (.error, .add(after: error.delay), .failure)
        case is TerminalError:
            (label, followUp, severity) = (.error, .forget, .terminal)
        case is DeadlineExceeded:
            (label, followUp, severity) = (.error, .addRateLimited, .timeout)
        case let error as KubernetesError where error.code == .conflict:
            // Our view was behind: normal, and cured by the next look.
            (label, followUp, severity) = (.requeue, .addRateLimited, .conflict)
        default:
            (label, followUp, severity) = (.error, .addRateLimited, .failure)
        }
    }
}
