/// IP addresses and blocks as the server writes them back: host bits stay, a block of one address loses its length,
/// IPv6 in its shortest form and lower case.
enum AddressBlock {
    /// The normal form; nil when the text is neither address nor block.
    ///
    /// Of the odd forms that the server takes (ports, brackets, UNIX sockets, addresses in IPv6's clothes) none is read.
    static func normalized(_ text: String) -> String? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let address = parts.first, parts.count <= 2 else { return nil }
        var length: Int?
        if parts.count == 2 {
            guard let value = Int(parts[1]) else { return nil }
            length = value
        }
        let (normal, bits): (String, Int)
        if let fourth = ipv4(address) {
            (normal, bits) = (fourth, 32)
        } else if let sixth = ipv6(address) {
            (normal, bits) = (sixth, 128)
        } else {
            return nil
        }
        guard let length, length != bits else { return normal }
        return (0..<bits).contains(length) ? "\(normal)/\(length)" : nil
    }

    private static func ipv4(_ text: Substring) -> String? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        let isPlain = parts.allSatisfy { UInt8($0) != nil && ($0.count == 1 || $0.first != "0") }
        return isPlain ? String(text) : nil
    }

    private static func ipv6(_ text: Substring) -> String? {
        guard text.contains(":"), let groups = groups(text) else { return nil }
        // The first of the longest runs of at least two zeroes becomes "::" (RFC 5952).
        var longest = 0..<0
        var start = 0
        for index in 0...8 where index == 8 || groups[index] != 0 {
            if index - start > max(longest.count, 1) { longest = start..<index }
            start = index + 1
        }
        let hex = groups.map { String($0, radix: 16) }
        guard !longest.isEmpty else { return hex.joined(separator: ":") }
        return hex[..<longest.lowerBound].joined(separator: ":") + "::"
            + hex[longest.upperBound...].joined(separator: ":")
    }

    private static func groups(_ text: Substring) -> [UInt16]? {
        var halves: [Substring] = [text]
        if let gap = text.firstRange(of: "::") {
            halves = [text[..<gap.lowerBound], text[gap.upperBound...]]
        }
        let lists = halves.map { $0.isEmpty ? [] : $0.split(separator: ":", omittingEmptySubsequences: false) }
        let parsed = lists.map { list in
            list.compactMap { (1...4).contains($0.count) ? UInt16($0, radix: 16) : nil }
        }
        guard zip(lists, parsed).allSatisfy({ $0.count == $1.count }) else { return nil }
        let missing = 8 - parsed.reduce(0) { $0 + $1.count }
        if parsed.count == 1 { return missing == 0 ? parsed[0] : nil }
        return missing > 0 ? parsed[0] + Array(repeating: 0, count: missing) + parsed[1] : nil
    }
}
