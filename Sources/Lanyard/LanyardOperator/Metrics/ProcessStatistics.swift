/// What Linux says of this process.
struct ProcessStatistics: Equatable, Sendable {
    var cpuSeconds: Double
    var residentBytes: Int64
    var virtualBytes: Int64
    /// Seconds since 1970.
    var startedAt: Double

    /// Reads `/proc/self/stat` and `/proc/stat`; nil when they are not as proc(5) says.
    ///
    /// - Parameters:
    ///   - ticksPerSecond: the unit of times in both files.
    ///   - pageSize: in bytes.
    init?(processStat: String, systemStat: String, ticksPerSecond: Int, pageSize: Int) {
        // The name of the program is the second field, in parentheses, and may contain anything.
        guard let end = processStat.lastIndex(of: ")"), ticksPerSecond > 0 else { return nil }
        let fields = processStat[end...].dropFirst().split(separator: " ")
        let bootLine = systemStat.split(separator: "\n").first { $0.hasPrefix("btime ") }
        guard fields.count > 21, let user = Double(fields[11]), let system = Double(fields[12]),
            let start = Double(fields[19]), let virtual = Int64(fields[20]), let pages = Int64(fields[21]),
            let bootedAt = bootLine.flatMap({ Double($0.dropFirst(6)) })
        else { return nil }
        cpuSeconds = (user + system) / Double(ticksPerSecond)
        residentBytes = pages.multipliedReportingOverflow(by: Int64(pageSize)).partialValue
        virtualBytes = virtual
        startedAt = bootedAt + start / Double(ticksPerSecond)
    }
}
