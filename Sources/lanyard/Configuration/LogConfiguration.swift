import Logging

/// What is logged, and how.
struct LogConfiguration: Equatable, Sendable {
    var level: Logger.Level
    var format: Format

    /// How a line is written.
    enum Format: String, Sendable {
        case json
        case text
    }

    init(reading: inout ConfigurationReading) {
        let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
        level = reading.value(.logLevel, "must be one of \(levels)") { Logger.Level(rawValue: $0) } ?? .info
        format = reading.value(.logFormat, "must be json or text") { Format(rawValue: $0) } ?? .json
    }
}
