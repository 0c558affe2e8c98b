/// Durations as the server reads them: whole seconds, days (`1d`), or Go's notation (`1h30m`, `1.5h`).
enum DurationText {
    private static let nanoseconds: [(unit: String, count: Double)] = [
        ("ns", 1), ("us", 1e3), ("µs", 1e3), ("μs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9),
    ]

    /// Whole seconds, cut towards zero; nil when the text is no duration.
    static func seconds(_ text: String) -> Int64? {
        if text.isEmpty { return 0 }
        if let seconds = Int64(text) { return seconds }
        if text.hasSuffix("d") {
            guard let days = Int64(text.dropLast()) else { return nil }
            let (seconds, overflows) = days.multipliedReportingOverflow(by: 86400)
            return overflows ? nil : seconds
        }
        return goDuration(text)
    }

    private static func goDuration(_ text: String) -> Int64? {
        var rest = text[...]
        var sign = 1.0
        if let first = rest.first, first == "-" || first == "+" {
            sign = first == "-" ? -1 : 1
            rest.removeFirst()
        }
        guard !rest.isEmpty else { return nil }
        var total = 0.0
        while !rest.isEmpty {
            let number = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
            let name = rest.dropFirst(number.count).prefix { !($0.isASCII && $0.isNumber || $0 == ".") }
            guard let value = decimal(number), let unit = nanoseconds.first(where: { $0.unit == name }) else {
                return nil
            }
            total += value * unit.count
            rest = rest.dropFirst(number.count + name.count)
        }
        guard total < 9.2e18 else { return nil }
        return Int64(sign * (total / 1e9))
    }

    /// `5`, `1.5`, `.5` and `5.`.
    private static func decimal(_ text: Substring) -> Double? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.contains(where: { !$0.isEmpty }) else { return nil }
        return Double("\(parts[0].isEmpty ? "0" : parts[0]).\(parts.count == 2 && !parts[1].isEmpty ? parts[1] : "0")")
    }
}
