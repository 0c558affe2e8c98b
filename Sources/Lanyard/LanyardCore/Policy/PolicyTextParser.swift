/// Reads the forms of policy text that servers accept and people write: HCL version 1 and JSON.
///
/// It refuses what it does not know (interpolation, here documents, text beyond ASCII) rather than guess: a policy
/// that cannot be read is then never taken for an equal one. It never reads out of bounds and never recurses deeper
/// than 16 values.
struct PolicyTextParser {
    private let bytes: [UInt8]
    private let isJSON: Bool
    private var index = 0

    /// The members of a whole text.
    ///
    /// - Throws: `PolicyParseError`.
    static func members(of text: String) throws(PolicyParseError) -> [PolicyTextValue.Member] {
        guard text.utf8.count <= 1 << 20 else {
            throw PolicyParseError(line: 1, message: "is longer than 1 MiB")
        }
        var parser = PolicyTextParser(text)
        return try parser.document()
    }

    private init(_ text: String) {
        bytes = Array(text.utf8)
        isJSON = bytes.first { !Self.isSpace($0) } == UInt8(ascii: "{")
    }

    private mutating func document() throws(PolicyParseError) -> [PolicyTextValue.Member] {
        try skipSpace()
        guard isJSON else { return try hclMembers(depth: 0) }
        let value = try value(depth: 0)
        try skipSpace()
        guard next == nil, let members = value.members else { throw error("more than one object") }
        // {"path": {"a": …}} is path "a" …, also as a list of such objects.
        return members.flatMap { member in
            member.value.members?.map { .init(key: member.key, labels: [$0.key], value: $0.value) } ?? [member]
        }
    }

    // MARK: Structure

    /// The members up to a closing brace, which is consumed, or at depth 0 up to the end.
    private mutating func hclMembers(depth: Int) throws(PolicyParseError) -> [PolicyTextValue.Member] {
        var members: [PolicyTextValue.Member] = []
        while true {
            try skipSpace()
            if depth == 0, next == nil { return members }
            if depth > 0, consume("}") { return members }
            members.append(try hclMember(depth: depth))
            try skipSpace()
            if depth > 0 { _ = consume(",") }
        }
    }

    private mutating func hclMember(depth: Int) throws(PolicyParseError) -> PolicyTextValue.Member {
        let key = try name()
        var labels: [String] = []
        try skipSpace()
        while let byte = next, byte != UInt8(ascii: "="), byte != UInt8(ascii: "{") {
            labels.append(try name())
            try skipSpace()
        }
        if consume("=") {
            guard labels.isEmpty else { throw error("assignment to more than one key") }
            try skipSpace()
        } else if next == nil {
            throw error("value expected")
        }
        return .init(key: key, labels: labels, value: try value(depth: depth + 1))
    }

    private mutating func jsonMembers(depth: Int) throws(PolicyParseError) -> [PolicyTextValue.Member] {
        var members: [PolicyTextValue.Member] = []
        try skipSpace()
        if consume("}") { return members }
        while true {
            try skipSpace()
            let key = try string()
            try skipSpace()
            guard consume(":") else { throw error("\":\" expected") }
            try skipSpace()
            members.append(.init(key: key, labels: [], value: try value(depth: depth + 1)))
            try skipSpace()
            if consume("}") { return members }
            guard consume(",") else { throw error("\",\" or \"}\" expected") }
        }
    }

    private mutating func value(depth: Int) throws(PolicyParseError) -> PolicyTextValue {
        guard depth <= 16 else { throw error("nested too deeply") }
        if next == UInt8(ascii: "\"") { return .string(try string()) }
        if consume("{") { return .object(isJSON ? try jsonMembers(depth: depth) : try hclMembers(depth: depth + 1)) }
        if consume("[") { return .list(try elements(depth: depth)) }
        guard let byte = next else { throw error("value expected") }
        if Self.isLetter(byte) { return .word(try name()) }
        let digits = take { Self.isDigit($0) || Self.isLetter($0) || [0x2B, 0x2D, 0x2E].contains($0) }
        guard !digits.isEmpty else { throw error("value expected") }
        return .number(digits)
    }

    private mutating func elements(depth: Int) throws(PolicyParseError) -> [PolicyTextValue] {
        var elements: [PolicyTextValue] = []
        while true {
            try skipSpace()
            if consume("]") { return elements }
            elements.append(try value(depth: depth + 1))
            try skipSpace()
            if consume(",") { continue }
            guard next == UInt8(ascii: "]") else { throw error("\",\" or \"]\" expected") }
        }
    }

    // MARK: Words

    private mutating func name() throws(PolicyParseError) -> String {
        if next == UInt8(ascii: "\"") { return try string() }
        guard let first = next, Self.isLetter(first) else { throw error("name expected") }
        return take { Self.isLetter($0) || Self.isDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
    }

    private mutating func string() throws(PolicyParseError) -> String {
        guard consume("\"") else { throw error("text expected") }
        var content: [UInt8] = []
        while let byte = next {
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: content, as: UTF8.self)
            case UInt8(ascii: "\\"): content.append(try escape())
            case 0x20...0x7E: content.append(byte)
            default: throw error("character beyond printable ASCII in a text")
            }
            // Decoded "${" came from an escape and is literal; as it stands, it opens an interpolation.
            if !isJSON, byte == UInt8(ascii: "$"), next == UInt8(ascii: "{") { throw error("interpolation") }
        }
        throw error("text without end")
    }

    private mutating func escape() throws(PolicyParseError) -> UInt8 {
        guard let kind = next else { throw error("text without end") }
        index += 1
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): return kind
        case UInt8(ascii: "/") where isJSON: return kind
        case UInt8(ascii: "n"): return 0x0A
        case UInt8(ascii: "r"): return 0x0D
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "x") where !isJSON: return try hexadecimal(digits: 2)
        case UInt8(ascii: "u"): return try hexadecimal(digits: 4)
        case UInt8(ascii: "U") where !isJSON: return try hexadecimal(digits: 8)
        default: throw error("unknown escape")
        }
    }

    private mutating func hexadecimal(digits: Int) throws(PolicyParseError) -> UInt8 {
        let text = bytes[index...].prefix(digits)
        guard text.count == digits, text.allSatisfy({ Self.isDigit($0) || (0x41...0x46).contains($0 & 0xDF) }),
            let value = UInt32(String(decoding: text, as: UTF8.self), radix: 16), (1...0x7F).contains(value)
        else { throw error("escape of no ASCII character") }
        index += digits
        return UInt8(truncatingIfNeeded: value)
    }

    // MARK: Bytes

    private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func consume(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func take(while isPart: (UInt8) -> Bool) -> String {
        let part = bytes[index...].prefix(while: isPart)
        index += part.count
        return String(decoding: part, as: UTF8.self)
    }

    /// Skips blanks and, in HCL, comments.
    private mutating func skipSpace() throws(PolicyParseError) {
        while let byte = next {
            if Self.isSpace(byte) {
                index += 1
            } else if !isJSON, byte == UInt8(ascii: "#") || bytes[index...].starts(with: "//".utf8) {
                index += bytes[index...].prefix { $0 != 0x0A }.count
            } else if !isJSON, bytes[index...].starts(with: "/*".utf8) {
                index += 2
                while !bytes[index...].starts(with: "*/".utf8) {
                    guard next != nil else { throw error("comment without end") }
                    index += 1
                }
                index += 2
            } else {
                return
            }
        }
    }

    private func error(_ message: String) -> PolicyParseError {
        PolicyParseError(line: bytes.prefix(index).count { $0 == 0x0A } + 1, message: message)
    }

    private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == UInt8(ascii: "_")
    }
}
