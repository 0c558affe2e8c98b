/// An address with a prefix length, as Vault's `token_bound_cidrs` hold it: host bits are kept, a bare address is one
/// with a full prefix, and notation (case, leading zeros, `::`) makes no difference.
///
/// IPv6 with an embedded dotted quad is refused: servers store it as IPv4 or as IPv6, depending on their library.
struct IPNetwork: Hashable, Sendable {
    private let bytes: [UInt8]
    private let prefixLength: Int

    /// Reads an address or a network in CIDR notation; nil when it is neither.
    init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard text.utf8.count <= 64, let address = parts.first.map(String.init),
            let bytes = address.contains(":") ? Self.version6(address) : Self.version4(address)
        else { return nil }
        guard !bytes.starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]) else { return nil }
        var length = bytes.count * 8
        if parts.count == 2 {
            guard let given = Self.number(parts[1], base: 10, digits: 3), given <= length else { return nil }
            length = given
        }
        self.bytes = bytes
        prefixLength = length
    }

    private static func version4(_ text: String) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let bytes = parts.compactMap { number($0, base: 10, digits: 3).flatMap(UInt8.init(exactly:)) }
        return parts.count == 4 && bytes.count == 4 ? bytes : nil
    }

    private static func version6(_ text: String) -> [UInt8]? {
        let colons = Array(text.utf8)
        guard let gap = colons.indices.first(where: { colons[$0...].starts(with: "::".utf8) }) else {
            let bytes = groups(text)
            return bytes?.count == 16 ? bytes : nil
        }
        let head = String(decoding: colons[..<gap], as: UTF8.self)
        let tail = String(decoding: colons[(gap + 2)...], as: UTF8.self)
        guard let left = head.isEmpty ? [] : groups(head), let right = tail.isEmpty ? [] : groups(tail),
            left.count + right.count <= 14
        else { return nil }
        return left + [UInt8](repeating: 0, count: 16 - left.count - right.count) + right
    }

    private static func groups(_ text: String) -> [UInt8]? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let groups = parts.compactMap { number($0, base: 16, digits: 4) }
        guard parts.count <= 8, groups.count == parts.count else { return nil }
        return groups.flatMap { [UInt8(truncatingIfNeeded: $0 >> 8), UInt8(truncatingIfNeeded: $0)] }
    }

    /// Digits only; leading zeros in base 10 are refused, as they are read as octal by some.
    private static func number(_ text: Substring, base: Int, digits: Int) -> Int? {
        guard (1...digits).contains(text.utf8.count), text.utf8.allSatisfy({ $0 != UInt8(ascii: "+") }) else {
            return nil
        }
        guard base == 16 || text == "0" || !text.hasPrefix("0") else { return nil }
        guard text.utf8.first != UInt8(ascii: "-") else { return nil }
        return Int(text, radix: base)
    }
}
