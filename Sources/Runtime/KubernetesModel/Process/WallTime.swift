import FoundationEssentials

/// A point of civil time (UTC) in microseconds, the finest that Kubernetes writes.
public struct WallTime: Hashable, Sendable, Comparable {
    /// Whole seconds since 1970-01-01T00:00:00Z.
    public let secondsSince1970: Int64
    /// Microseconds since that second, below a million.
    public let microseconds: Int

    /// Wraps a number of seconds, and of microseconds below a million.
    public init(secondsSince1970: Int64, microseconds: Int = 0) {
        self.secondsSince1970 = secondsSince1970
        self.microseconds = min(max(microseconds, 0), 999_999)
    }

    /// Parses an RFC 3339 time; fractions of seconds are cut off. Nil when the text is none.
    public init?(rfc3339 text: String) {
        var style = Date.ISO8601FormatStyle()
        if text.contains(".") { style = Date.ISO8601FormatStyle(includingFractionalSeconds: true) }
        guard let date = try? Date(text, strategy: style) else { return nil }
        self.init(secondsSince1970: Int64(date.timeIntervalSince1970.rounded(.down)))
    }

    /// `2026-01-31T08:00:00Z`: the second, as the times of metadata and conditions have it.
    public var rfc3339: String {
        // Every log line and every pass has one; a format style of Foundation takes longer than the rest of a line.
        let (days, second) = Self.split(secondsSince1970, by: 86_400)
        let (year, month, day) = Self.date(afterDays: days)
        var text = ""
        text.reserveCapacity(20)
        for (number, digits, end) in [
            (year, 4, "-"), (month, 2, "-"), (day, 2, "T"),
            (second / 3600, 2, ":"), (second / 60 % 60, 2, ":"), (second % 60, 2, "Z"),
        ] {
            let written = String(number)
            for _ in written.utf8.count..<max(digits, written.utf8.count) { text += "0" }
            text += written
            text += end
        }
        return text
    }

    /// `Sat, 31 Jan 2026 08:00:00 GMT`, as HTTP has it (RFC 9110, 5.6.7).
    public var httpDate: String {
        let (days, _) = Self.split(secondsSince1970, by: 86_400)
        let (year, month, day) = Self.date(afterDays: days)
        let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][Int(Self.split(days, by: 7).rest)]
        let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let time = rfc3339.dropLast().suffix(8)
        return "\(weekday), \(day < 10 ? "0" : "")\(day) \(names[Int(month) - 1]) \(year) \(time) GMT"
    }

    /// A date of the Gregorian calendar, by the days since 1970-01-01. It repeats every 400 years.
    private static func date(afterDays days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let cycles = split(days, by: 146_097)
        var (year, rest) = (1970 + cycles.whole * 400, cycles.rest)
        while rest >= 365 + leapDay(of: year) {
            rest -= 365 + leapDay(of: year)
            year += 1
        }
        let lengths = [31, 28 + leapDay(of: year), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        var month = 0
        while rest >= lengths[month] {
            rest -= lengths[month]
            month += 1
        }
        return (year, Int64(month + 1), rest + 1)
    }

    private static func leapDay(of year: Int64) -> Int64 {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 1 : 0
    }

    /// How often a unit is in a number, and what is left, which is never negative.
    private static func split(_ number: Int64, by unit: Int64) -> (whole: Int64, rest: Int64) {
        let (whole, rest) = number.quotientAndRemainder(dividingBy: unit)
        return rest < 0 ? (whole - 1, rest + unit) : (whole, rest)
    }

    /// `2026-01-31T08:00:00.123456Z`, as `Lease` and `Event` want it: two renewals of a lease within a second are two times.
    public var rfc3339Micro: String {
        let digits = String(microseconds)
        return String(rfc3339.dropLast()) + "." + String(repeating: "0", count: 6 - digits.count) + digits + "Z"
    }

    /// Earlier is less.
    public static func < (left: WallTime, right: WallTime) -> Bool {
        (left.secondsSince1970, left.microseconds) < (right.secondsSince1970, right.microseconds)
    }
}
