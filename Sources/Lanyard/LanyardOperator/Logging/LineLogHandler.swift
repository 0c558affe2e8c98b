import KubernetesModel
import Logging

/// Writes one line per message to standard error, as JSON with sorted keys or as text.
struct LineLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level
    private let label: String
    private let format: LogConfiguration.Format
    private let clock: any RuntimeClock
    private let output: LogOutput

    init(
        label: String, format: LogConfiguration.Format, level: Logger.Level, clock: any RuntimeClock,
        output: LogOutput = .standardError
    ) {
        self.output = output
        self.label = label
        self.format = format
        self.logLevel = level
        self.clock = clock
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:]) { _, new in new }.mapValues(JSONValue.init(logged:))
        output.write(line(event.level, "\(event.message)", fields)) { count in
            line(.warning, "log lines were dropped", ["log.dropped": .integer(Int64(count))])
        }
    }

    private func line(_ level: Logger.Level, _ message: String, _ fields: [String: JSONValue]) -> String {
        let time = clock.wallTime.rfc3339
        switch format {
        case .json:
            var fields = fields
            fields["time"] = .string(time)
            fields["level"] = .string(level.rawValue)
            fields["logger"] = .string(label)
            fields["message"] = .string(message)
            return (try? JSON.encode(.object(fields))).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
        case .text:
            let pairs = fields.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value.loggedText)" }.joined()
            return "\(time) \(level.rawValue.uppercased()) \(message)\(pairs)"
        }
    }
}
