import KubernetesModel
import Logging

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Writes one line per message to standard error, as JSON with sorted keys or as text.
struct LineLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level
    private let label: String
    private let format: LogConfiguration.Format
    private let clock: any RuntimeClock

    init(label: String, format: LogConfiguration.Format, level: Logger.Level, clock: any RuntimeClock) {
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
        var fields = metadata.merging(event.metadata ?? [:]) { _, new in new }.mapValues { "\($0)" }
        let time = clock.wallTime.rfc3339
        let line: String
        switch format {
        case .json:
            fields["time"] = time
            fields["level"] = event.level.rawValue
            fields["logger"] = label
            fields["message"] = "\(event.message)"
            line = (try? JSON.encode(fields)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
        case .text:
            let pairs = fields.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value.debugDescription)" }.joined()
            line = "\(time) \(event.level.rawValue.uppercased()) \(event.message)\(pairs)"
        }
        // One write per line, so that lines of several tasks are not mixed.
        var bytes = line + "\n"
        bytes.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
