import Logging
import Synchronization

/// Everything that is logged, one text for each entry: message and metadata.
final class RecordedLog: Sendable {
    private let storage = Mutex<[String]>([])

    /// The entries so far.
    var entries: [String] { storage.withLock { $0 } }

    /// Writes into this.
    var logger: Logger { Logger(label: "tests", factory: { _ in Handler(log: self) }) }

    private func append(_ entry: String) { storage.withLock { $0.append(entry) } }

    private struct Handler: LogHandler {
        let log: RecordedLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let pairs = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            log.append("\(event.message) \(pairs.joined(separator: " "))")
        }
    }
}
