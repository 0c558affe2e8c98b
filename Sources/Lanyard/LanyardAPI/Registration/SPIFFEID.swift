/// A SPIFFE ID: a trust domain and a path. Compared byte for byte.
package struct SPIFFEID: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let trustDomain: TrustDomain
    /// Empty, or `/segment/segment…`.
    package let path: String

    private static let scheme = "spiffe://"

    /// Checks the path and joins it to a trust domain.
    ///
    /// - Throws: `SPIFFEIDError` that says what is wrong (rules of the SPIFFE specification: segments of
    ///   `a-z A-Z 0-9 - . _`, no empty, `.` or `..` segment, at most 2048 bytes in all).
    package init(trustDomain: TrustDomain, path: String) throws(SPIFFEIDError) {
        try Self.check(path: path)
        self.trustDomain = trustDomain
        self.path = path
        // As long as its description, which is not made for that: there is one of these for each pod.
        guard Self.scheme.utf8.count + trustDomain.name.utf8.count + path.utf8.count <= 2048 else {
            throw SPIFFEIDError.tooLong
        }
    }

    /// Parses `spiffe://trust-domain/path`.
    ///
    /// - Throws: `SPIFFEIDError` that says what is wrong.
    package init(_ text: String) throws(SPIFFEIDError) {
        guard text.hasPrefix(Self.scheme) else { throw SPIFFEIDError.noScheme }
        let rest = text.dropFirst(Self.scheme.count)
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        guard let trustDomain = TrustDomain(String(rest[..<slash])) else { throw SPIFFEIDError.badTrustDomain }
        try self.init(trustDomain: trustDomain, path: String(rest[slash...]))
    }

    /// `spiffe://trust-domain/path`.
    package var description: String { "\(Self.scheme)\(trustDomain.name)\(path)" }

    /// Whether SPIRE keeps this path for itself (`/spire` and everything under it).
    package var isReserved: Bool { path == "/spire" || path.hasPrefix("/spire/") }

    /// By text, for lists that do not change their order.
    package static func < (left: SPIFFEID, right: SPIFFEID) -> Bool {
        left.trustDomain == right.trustDomain ? left.path < right.path : left.description < right.description
    }

    private static func check(path: String) throws(SPIFFEIDError) {
        guard !path.isEmpty else { return }
        guard path.utf8.first == UInt8(ascii: "/") else { throw SPIFFEIDError.noLeadingSlash }
        for segment in path.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            if segment.isEmpty { throw SPIFFEIDError.emptySegment }
            if segment.count <= 2, segment.allSatisfy({ $0 == UInt8(ascii: ".") }) { throw SPIFFEIDError.dotSegment }
            guard segment.allSatisfy(isAllowed) else { throw SPIFFEIDError.badCharacter }
        }
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
        default: false
        }
    }
}

/// What is wrong with a text that should be a SPIFFE ID.
package enum SPIFFEIDError: String, Error, Sendable, CustomStringConvertible {
    case noScheme = "must start with spiffe://"
    case badTrustDomain = "has no valid trust domain (a-z 0-9 - . _)"
    case noLeadingSlash = "must have a path that starts with /"
    case emptySegment = "must not have an empty path segment or a trailing slash"
    case dotSegment = "must not have a path segment . or .."
    case badCharacter = "may only have a-z A-Z 0-9 - . _ in its path segments"
    case tooLong = "must not be longer than 2048 bytes"

    package var description: String { rawValue }
}

/// The name of a SPIFFE trust domain.
///
/// Only `a-z 0-9 - . _`, at most 255 bytes (SPIFFE specification; SPIRE itself does not check the length).
package struct TrustDomain: Hashable, Sendable, CustomStringConvertible {
    /// The bare name, without scheme.
    package let name: String

    /// Checks and wraps a name; nil when it is none.
    package init?(_ name: String) {
        guard !name.isEmpty, name.utf8.count <= 255, name.utf8.allSatisfy(Self.isAllowed) else { return nil }
        self.name = name
    }

    package var description: String { name }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
        default: false
        }
    }
}
