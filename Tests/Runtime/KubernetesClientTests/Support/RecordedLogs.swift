import Logging
import Synchronization

/// What was logged.
final class RecordedLogs: Sendable {
    private let storage = Mutex<[String]>([])

    /// Level, message and metadata of each entry.
    var lines: [String] { storage.withLock { $0 } }

    func append(_ line: String) {
        storage.withLock { $0.append(line) }
    }
}

/// Keeps everything that is logged.
struct RecordingLogHandler: LogHandler {
    let logs: RecordedLogs
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let pairs = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        logs.append("\(event.level) \(event.message) \(pairs.joined(separator: " "))")
    }
}
