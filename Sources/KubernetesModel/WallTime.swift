import FoundationEssentials

/// A point of civil time, in whole seconds since 1970 (UTC), as Kubernetes writes it.
public struct WallTime: Hashable, Sendable, Comparable {
    /// Seconds since 1970-01-01T00:00:00Z.
    public let secondsSince1970: Int64

    /// Wraps a number of seconds.
    public init(secondsSince1970: Int64) {
        self.secondsSince1970 = secondsSince1970
    }

    /// Parses an RFC 3339 time; fractions are cut off. Nil when the text is none.
    public init?(rfc3339 text: String) {
        var style = Date.ISO8601FormatStyle()
        if text.contains(".") { style = Date.ISO8601FormatStyle(includingFractionalSeconds: true) }
        guard let date = try? Date(text, strategy: style) else { return nil }
        secondsSince1970 = Int64(date.timeIntervalSince1970.rounded(.down))
    }

    /// `2026-01-31T08:00:00Z`.
    public var rfc3339: String {
        Date(timeIntervalSince1970: TimeInterval(secondsSince1970)).formatted(.iso8601)
    }

    /// The same time with microseconds, as `Lease` and `Event` want it.
    public var rfc3339Micro: String {
        String(rfc3339.dropLast()) + ".000000Z"
    }

    /// Earlier is less.
    public static func < (left: WallTime, right: WallTime) -> Bool {
        left.secondsSince1970 < right.secondsSince1970
    }
}
