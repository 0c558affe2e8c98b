import Logging
import Synchronization

/// Logs why a check fails, once for each reason, and that it holds again; probes come every few seconds.
final class HealthLog: Sendable {
    private let logger: Logger
    private let known = Mutex<[String: String]>([:])

    /// Logs to a logger.
    init(logger: Logger) {
        self.logger = logger
    }

    /// Takes notice of an answer to a probe.
    func observe(_ report: HealthReport) {
        let changes = known.withLock { known in
            report.problems.sorted { $0.key < $1.key }.filter { name, problem in
                defer { known[name] = problem }
                return known[name] != problem
            }
        }
        for (name, problem) in changes {
            if let problem {
                logger.info("health check fails", metadata: ["check": "\(name)", "reason": "\(problem)"])
            } else {
                logger.info("health check holds again", metadata: ["check": "\(name)"])
            }
        }
    }
}
