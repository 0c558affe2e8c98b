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
