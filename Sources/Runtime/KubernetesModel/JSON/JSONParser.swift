/// Reads JSON (RFC 8259) into a tree in one pass. `JSONDecoder` has to try one type after the other for a value of unknown
/// shape and makes an error of each wrong guess, which costs ten times as much.
struct JSONParser {
    private let bytes: [UInt8]
    private var position = 0
    private var recurring: RecurringStrings?

    /// Nesting beyond this is refused, so that hostile input cannot exhaust the stack.
    private static let maximumDepth = 512

    /// Why a text is no JSON.
    struct SyntaxError: Error {
        /// The offset of the byte that is wrong.
        let offset: Int
    }

    private init(bytes: [UInt8], recurring: RecurringStrings?) {
        self.bytes = bytes
        self.recurring = recurring
    }

    /// The value of a whole text; of a repeated member the last one counts.
    ///
    /// - Parameter sharesStrings: Whether strings may share memory with equal ones of other texts. Not for secrets, of which
    ///   copies would stay.
    /// - Throws: `SyntaxError`.
    static func parse(_ bytes: [UInt8], sharesStrings: Bool = false) throws -> JSONValue {
        var parser = JSONParser(bytes: bytes, recurring: sharesStrings ? RecurringStrings.take() : nil)
        defer { parser.recurring.take()?.giveBack() }
        let value = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.position == bytes.count else { throw parser.error }
        return value
    }

    private var error: SyntaxError { SyntaxError(offset: position) }

    /// The next byte; nil at the end.
    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    /// Takes a byte if it comes next.
    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) throws -> JSONValue {
        guard depth < Self.maximumDepth else { throw error }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func object(depth: Int) throws -> JSONValue {
        position += 1
        var members: [(name: String, value: JSONValue)] = []
        skipSpace()
        if take("}") { return .object([:]) }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw error }
            let name = try string()
            skipSpace()
            guard take(":") else { throw error }
            members.append((name, try value(depth: depth + 1)))
            skipSpace()
            if take("}") { return .object(Self.dictionary(of: members)) }
            guard take(",") else { throw error }
        }
    }

    /// Made once their number is known: one that grows hashes its names again and again.
    private static func dictionary(of members: [(name: String, value: JSONValue)]) -> [String: JSONValue] {
        var dictionary = [String: JSONValue](minimumCapacity: members.count)
        for member in members { dictionary[member.name] = member.value }
        return dictionary
    }

    private mutating func array(depth: Int) throws -> JSONValue {
        position += 1
        var elements: [JSONValue] = []
        skipSpace()
        if take("]") { return .array(elements) }
        while true {
            elements.append(try value(depth: depth + 1))
            skipSpace()
            if take("]") { return .array(elements) }
            guard take(",") else { throw error }
        }
    }

    private mutating func word(_ text: StaticString, _ value: JSONValue) throws -> JSONValue {
        for character in text.description.unicodeScalars {
            guard take(character) else { throw error }
        }
        return value
    }

    private mutating func string() throws -> String {
        position += 1
        var start = position
        var text = ""
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                let end = try run(from: start)
                position += 1
                return text.isEmpty ? end : text + end
            case UInt8(ascii: "\\"):
                text += try run(from: start)
                position += 1
                text.unicodeScalars.append(try escape())
                start = position
            case 0..<0x20:
                throw error
            default:
                position += 1
            }
        }
        throw error
    }

    /// The characters since a position, which must be UTF-8.
    private mutating func run(from start: Int) throws -> String {
        let (bytes, end) = (bytes, position)
        let text = bytes.withUnsafeBufferPointer { bytes in
            let run = UnsafeBufferPointer(rebasing: bytes[start..<end])
            guard run.allSatisfy({ $0 < 0x80 }) else { return String(validating: run, as: UTF8.self) }
            return recurring?.string(run) ?? String(decoding: run, as: UTF8.self)
        }
        guard let text else { throw error }
        return text
    }

    private mutating func escape() throws -> Unicode.Scalar {
        guard let byte = next else { throw error }
        position += 1
        switch byte {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicode()
        default: throw error
        }
    }

    /// A code point, or the two halves of one above U+FFFF.
    private mutating func unicode() throws -> Unicode.Scalar {
        let first = try hexadecimal()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard (0xD800..<0xDC00).contains(first), take("\\"), take("u") else { throw error }
        let second = try hexadecimal()
        guard (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw error }
        return scalar
    }

    private mutating func hexadecimal() throws -> UInt32 {
        guard position + 4 <= bytes.count else { throw error }
        let digits = bytes[position..<position + 4]
        guard digits.first != UInt8(ascii: "+"), digits.first != UInt8(ascii: "-"),
            let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw error }
        position += 4
        return value
    }

    private mutating func number() throws -> JSONValue {
        let start = position
        _ = take("-")
        // A leading zero stands alone.
        if !take("0") { try digits() }
        let endOfInteger = position
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if position == endOfInteger, let value = Int64(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else { throw error }
        return Int64(exactly: value).map { .integer($0) } ?? .number(value)
    }

    /// At least one digit.
    private mutating func digits() throws {
        let start = position
        while let byte = next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { position += 1 }
        guard position > start else { throw error }
    }
}
