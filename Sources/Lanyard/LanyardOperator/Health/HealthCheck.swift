/// One condition that probes ask about.
struct HealthCheck: Sendable {
    /// Part of a path and of the answer: lower case, digits and hyphens.
    let name: String
    /// What is wrong, for the log; nil when all is well.
    let problem: @Sendable () -> String?

    init(_ name: String, problem: @escaping @Sendable () -> String?) {
        self.name = name
        self.problem = problem
    }

    /// Holds whenever it is asked: an answer takes a turn of the event loop and one of the task executor.
    static let ping = HealthCheck("ping") { nil }

    /// Fails when a pass that was cancelled after its timeout has not ended for ten times as long: it hangs for ever.
    static func workers(timeout: Duration, longest: @escaping @Sendable () -> Duration) -> HealthCheck {
        HealthCheck("workers") {
            let duration = longest()
            return duration > timeout * 10 ? "a worker has been busy for \(duration)" : nil
        }
    }
}
