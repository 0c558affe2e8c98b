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

/// Thrown by a reconciler that a dependency told how long to wait (`Retry-After`): counted as an error, repeated
/// after exactly this time in place of the key's own backoff.
public struct RetryAfter: Error, CustomStringConvertible {
    /// How long to wait.
    public let delay: Duration
    /// What the dependency answered.
    public let cause: any Error

    /// Asks for a repetition after a time that somebody else set.
    public init(_ delay: Duration, cause: any Error) {
        self.delay = delay
        self.cause = cause
    }

    /// The cause, for logs.
    public var description: String { "\(cause) (retry after \(delay))" }
}

/// Thrown by a reconciler when repeating cannot help: counted, logged, and not retried until the object changes.
public struct TerminalError: Error, CustomStringConvertible {
    /// What repeating cannot help.
    public let cause: any Error

    /// Marks an error as final.
    public init(_ cause: any Error) {
        self.cause = cause
    }

    /// The cause, for logs.
    public var description: String { "\(cause)" }
}
