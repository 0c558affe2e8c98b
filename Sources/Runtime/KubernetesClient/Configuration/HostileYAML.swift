import FoundationEssentials
import Yams

/// Decoding of YAML that may be made to cost much: size, depth and aliases are limited before anything is built, since
/// each alias can stand for as much as all before it together.
enum HostileYAML {
    /// Beyond any file that people or tools write.
    static let maximumSize = 4 * 1024 * 1024
    static let maximumDepth = 64
    static let maximumAliases = 16

    /// Why a text is not decoded.
    struct Refused: Error, Equatable {
        let problem: String
    }

    /// Decodes a text; an empty one is an empty object.
    ///
    /// - Throws: `Refused`, `YamlError`, `DecodingError`.
    static func decode<Value: Decodable>(_ type: Value.Type, from content: Data) throws -> Value {
        guard content.count <= maximumSize else {
            throw Refused(problem: "is larger than \(maximumSize / 1024 / 1024) MiB")
        }
        let bytes = Array(content)
        guard !bytes.contains(0) else { throw Refused(problem: "is no text") }
        guard !isTooDeep(bytes) else { throw Refused(problem: "is nested too deeply") }
        guard aliases(bytes) <= maximumAliases else { throw Refused(problem: "uses too many YAML aliases") }
        let text = String(decoding: bytes, as: UTF8.self)
        let isEmpty = text.split(whereSeparator: \.isNewline).allSatisfy { line in
            line.first { !$0.isWhitespace }.map { $0 == "#" } ?? true
        }
        return try YAMLDecoder().decode(type, from: isEmpty ? "{}" : text)
    }

    /// Whether the nesting may be too deep: brackets that are open at the same time, or columns at which blocks are open,
    /// of which `- - -` opens three in one line.
    private static func isTooDeep(_ bytes: [UInt8]) -> Bool {
        var brackets = 0
        var blocks: [Int] = []
        var column = 0
        var isLeading = true
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                column = 0
                isLeading = true
                continue
            case UInt8(ascii: "["), UInt8(ascii: "{"): brackets += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): brackets = max(brackets - 1, 0)
            default: break
            }
            if isLeading, byte != UInt8(ascii: " "), byte != UInt8(ascii: "\t") {
                while let last = blocks.last, last >= column { blocks.removeLast() }
                blocks.append(column)
                isLeading = [UInt8(ascii: "-"), UInt8(ascii: "?"), UInt8(ascii: ":")].contains(byte)
            }
            if max(brackets, blocks.count) > maximumDepth { return true }
            column += 1
        }
        return false
    }

    /// An upper bound of the aliases: a `*` at the beginning of a word.
    private static func aliases(_ bytes: [UInt8]) -> Int {
        let starts = Set(" \t\n\r[]{},:-?".utf8)
        var count = 0
        var previous = UInt8(ascii: "\n")
        for byte in bytes {
            if byte == UInt8(ascii: "*"), starts.contains(previous) { count += 1 }
            previous = byte
        }
        return count
    }
}
