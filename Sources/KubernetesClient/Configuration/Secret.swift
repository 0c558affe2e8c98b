/// A text that must not reach logs, errors and test output: it prints as `[redacted]` in every way of printing.
public struct Secret: Hashable, Sendable {
    /// The text itself, for the one place that sends it.
    public let revealed: String

    /// Protects a text.
    public init(_ text: String) {
        revealed = text
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// `[redacted]`.
    public var description: String { "[redacted]" }
    /// `[redacted]`.
    public var debugDescription: String { "[redacted]" }
    /// Nothing to see.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
