/// The API server's opaque version of an object or a list.
///
/// Equality always holds; order only between plain decimal strings (rule watch-1), so comparison is optional.
public struct ResourceVersion: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The text as the server gave it.
    public let text: String

    /// Wraps a version as the server gave it.
    public init(_ text: String) {
        self.text = text
    }

    /// Decodes the text.
    public init(from decoder: any Decoder) throws {
        text = try decoder.singleValueContainer().decode(String.self)
    }

    /// Encodes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    /// The text as the server gave it.
    public var description: String { text }

    /// Whether this version is the same as or later than another; nil when the two cannot be ordered.
    public func isAtLeast(_ other: ResourceVersion) -> Bool? {
        if text == other.text { return true }
        guard isDecimal, other.isDecimal else { return nil }
        if text.utf8.count != other.text.utf8.count { return text.utf8.count > other.text.utf8.count }
        return text > other.text
    }

    /// Whether the text is a decimal number without sign and leading zero.
    private var isDecimal: Bool {
        guard let first = text.utf8.first, first != UInt8(ascii: "0") else { return false }
        return text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}
