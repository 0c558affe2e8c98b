import Logging
import Synchronization

/// Logs what the server warns about, such as deprecated versions, once per text.
final class ServerWarnings: Sendable {
    private let seen = Mutex<Set<String>>([])

    /// Different texts that are remembered; a server that makes up more is not worth listening to.
    private static let maximum = 100

    /// Logs the texts that are new.
    func log(_ texts: [String], _ logger: Logger) {
        for text in texts {
            let isNew = seen.withLock { $0.count < Self.maximum && $0.insert(text).inserted }
            if isNew { logger.warning("API server warns", metadata: ["kubernetes.warning": "\(text)"]) }
        }
    }
}
