import FoundationEssentials

/// What this process holds in memory, in KiB, as Linux counts it.
struct ResidentMemory {
    /// Now.
    let current: Int
    /// At most, since the process began.
    let peak: Int

    /// Reads `/proc/self/status`.
    ///
    /// - Throws: `CocoaError` where there is none, as on other systems than Linux.
    static func now() throws -> ResidentMemory {
        let text = String(decoding: try Data(contentsOf: URL(filePath: "/proc/self/status")), as: UTF8.self)
        func value(_ name: String) -> Int {
            let line = text.split(separator: "\n").first { $0.hasPrefix("\(name):") } ?? ""
            return line.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0
        }
        return ResidentMemory(current: value("VmRSS"), peak: value("VmHWM"))
    }
}
