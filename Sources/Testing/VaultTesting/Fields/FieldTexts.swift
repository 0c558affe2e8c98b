/// Durations as the server reads them: whole seconds, days (`1d`), or Go's notation (`1h30m`, `1.5h`).
enum DurationText {
    private static let nanoseconds: [(unit: String, count: Double)] = [
        ("ns", 1), ("us", 1e3), ("µs", 1e3), ("μs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9),
    ]

    /// Whole seconds, cut towards zero; nil when the text is no duration.
    static func seconds(_ text: String) -> Int64? {
        if text.isEmpty { return 0 }
        if let seconds = Int64(text) { return seconds }
        if text.hasSuffix("d") {
            guard let days = Int64(text.dropLast()) else { return nil }
            let (seconds, overflows) = days.multipliedReportingOverflow(by: 86400)
            return overflows ? nil : seconds
        }
        return goDuration(text)
    }

    private static func goDuration(_ text: String) -> Int64? {
        var rest = text[...]
        var sign = 1.0
        if let first = rest.first, first == "-" || first == "+" {
            sign = first == "-" ? -1 : 1
            rest.removeFirst()
        }
        guard !rest.isEmpty else { return nil }
        var total = 0.0
        while !rest.isEmpty {
            let number = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
            let name = rest.dropFirst(number.count).prefix { !($0.isASCII && $0.isNumber || $0 == ".") }
            guard let value = decimal(number), let unit = nanoseconds.first(where: { $0.unit == name }) else {
                return nil
            }
            total += value * unit.count
            rest = rest.dropFirst(number.count + name.count)
        }
        guard total < 9.2e18 else { return nil }
        return Int64(sign * (total / 1e9))
    }

    /// `5`, `1.5`, `.5` and `5.`.
    private static func decimal(_ text: Substring) -> Double? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.contains(where: { !$0.isEmpty }) else { return nil }
        return Double("\(parts[0].isEmpty ? "0" : parts[0]).\(parts.count == 2 && !parts[1].isEmpty ? parts[1] : "0")")
    }
}

/// What the server does to strings.
enum Text {
    /// Without white space at both ends.
    static func trimmed(_ text: some StringProtocol) -> String {
        var rest = text[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}

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
