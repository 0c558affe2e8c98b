#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// An IP address as its bytes, four or sixteen.
struct IPAddress: Equatable {
    let bytes: [UInt8]

    /// Parses an address, IPv6 with or without brackets; an IPv4 address that is mapped into IPv6 is the IPv4 address.
    /// Nil when the text is none.
    init?(_ text: some StringProtocol) {
        var text = String(text)
        if text.hasPrefix("["), text.hasSuffix("]") { text = String(text.dropFirst().dropLast()) }
        guard let bytes = Self.parse(text, AF_INET, 4) ?? Self.parse(text, AF_INET6, 16) else { return nil }
        let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]
        self.bytes = bytes.starts(with: mapped) ? Array(bytes.dropFirst(12)) : bytes
    }

    private static func parse(_ text: String, _ family: Int32, _ size: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: size)
        return bytes.withUnsafeMutableBytes { inet_pton(family, text, $0.baseAddress) } == 1 ? bytes : nil
    }

    /// Whether it is this machine.
    var isLoopback: Bool {
        bytes.count == 4 ? bytes.first == 127 : bytes == [UInt8](repeating: 0, count: 15) + [1]
    }

    /// Whether the first bits are those of another address of the same kind.
    func shares(_ bitCount: Int, with other: IPAddress) -> Bool {
        guard bytes.count == other.bytes.count, (0...bytes.count * 8).contains(bitCount) else { return false }
        for (index, pair) in zip(bytes, other.bytes).enumerated() {
            let bits = min(max(bitCount - index * 8, 0), 8)
            let mask = UInt8(truncatingIfNeeded: 0xFF00 >> bits)
            guard pair.0 & mask == pair.1 & mask else { return false }
        }
        return true
    }
}
