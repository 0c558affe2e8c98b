/// A pattern of paths in Vault's grammar: `+` as a whole segment is any one segment, `*` as the last character is any
/// rest, and everything else is itself (rule policy-3).
///
/// Compared byte by byte: Swift's `==` on text would take canonically equivalent characters for equal.
package struct PathPattern: Equatable, Sendable {
    private enum Segment: Equatable {
        case any
        case literal([UInt8])
    }

    /// All segments but what is before a trailing `*`.
    private let segments: [Segment]
    /// What a last segment must begin with, when any rest may follow; nil when the pattern has no trailing `*`.
    private let stem: [UInt8]?

    /// Reads a pattern; every text is one.
    package init(_ text: String) {
        var parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        if let last = parts.last, last.last == UInt8(ascii: "*") {
            stem = Array(last.dropLast())
            parts.removeLast()
        } else {
            stem = nil
        }
        segments = parts.map { $0.count == 1 && $0.first == UInt8(ascii: "+") ? .any : .literal(Array($0)) }
    }

    /// Whether the pattern covers a path, in which nothing is a wildcard.
    package func matches(_ path: String) -> Bool {
        let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard stem == nil ? parts.count == segments.count : parts.count > segments.count else { return false }
        guard zip(segments, parts).allSatisfy(Self.covers) else { return false }
        return stem.map { parts[segments.count].starts(with: $0) } ?? true
    }

    /// Whether every path that another pattern covers is covered by this one. Exact.
    package func contains(_ other: PathPattern) -> Bool {
        // A pattern without rest has one number of segments; one with rest has every number from its own up.
        guard let stem else {
            return other.stem == nil && other.segments.count == segments.count
                && zip(segments, other.segments).allSatisfy(Self.contains)
        }
        guard other.segments.count >= segments.count,
            zip(segments, other.segments).allSatisfy(Self.contains)
        else { return false }
        // What the other one has at the place of the stem.
        guard other.segments.count > segments.count else { return other.stem?.starts(with: stem) ?? false }
        switch other.segments[segments.count] {
        case .any: return stem.isEmpty
        case .literal(let bytes): return bytes.starts(with: stem)
        }
    }

    private static func covers(_ segment: Segment, _ part: Substring.UTF8View) -> Bool {
        switch segment {
        case .any: true
        case .literal(let bytes): part.elementsEqual(bytes)
        }
    }

    private static func contains(_ allowed: Segment, _ asked: Segment) -> Bool {
        allowed == .any || allowed == asked
    }
}
