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
        Date(timeIntervalSince1970: TimeInterval(secondsSince1970)).formatted(.iso8601)
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
