/// Finds where the values of a JSON text begin and end, without making anything of them.
///
/// What is inside a value is not checked: what is kept of the text is decoded afterwards, and the rest is dropped.
struct JSONScanner {
    private let bytes: [UInt8]
    private let end: Int
    private var position: Int

    /// A member of an object.
    struct Member {
        /// The name without its quotes, as it is escaped.
        let name: ArraySlice<UInt8>
        /// Where the value is.
        let value: Range<Int>
    }

    /// Scans a part of a text.
    init(_ bytes: [UInt8], in range: Range<Int>) {
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    /// The members of the object that the text is, in their order.
    ///
    /// - Throws: `JSONParser.SyntaxError` for anything but one object.
    mutating func members() throws -> [Member] {
        skipSpace()
        guard take("{") else { throw error }
        var members: [Member] = []
        skipSpace()
        if !take("}") {
            while true {
                skipSpace()
                guard position < end, bytes[position] == UInt8(ascii: "\"") else { throw error }
                let name = try string()
                skipSpace()
                guard take(":") else { throw error }
                members.append(Member(name: bytes[name], value: try value()))
                skipSpace()
                if take("}") { break }
                guard take(",") else { throw error }
            }
        }
        skipSpace()
        guard position == end else { throw error }
        return members
    }

    private var error: JSONParser.SyntaxError { JSONParser.SyntaxError(offset: position) }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < end, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while position < end, Self.isSpace(bytes[position]) { position += 1 }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }

    /// Goes behind the value that comes next.
    private mutating func value() throws -> Range<Int> {
        skipSpace()
        let start = position
        var depth = 0
        repeat {
            guard position < end else { throw error }
            switch bytes[position] {
            case UInt8(ascii: "\""): _ = try string()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                guard depth >= 0 else { throw error }
                position += 1
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                guard depth > 0 else { throw error }
                position += 1
            default: skipScalar()
            }
        } while depth > 0
        return start..<position
    }

    /// Goes behind a number or word, or behind one blank within a value.
    private mutating func skipScalar() {
        position += 1
        while position < end {
            switch bytes[position] {
            case UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: "{"),
                UInt8(ascii: "["), UInt8(ascii: "\""):
                return
            case let byte where Self.isSpace(byte): return
            default: position += 1
            }
        }
    }

    /// Goes behind the string that comes next; where its content is.
    private mutating func string() throws -> Range<Int> {
        let start = position + 1
        // Most of a text is in strings: the buffer spares two checks of every byte.
        position = bytes.withUnsafeBufferPointer { bytes in
            var position = start
            while position < end, bytes[position] != UInt8(ascii: "\"") {
                position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
            }
            return position
        }
        guard position < end else { throw error }
        position += 1
        return start..<(position - 1)
    }
}
