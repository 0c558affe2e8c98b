import KubernetesModel
import Logging

extension JSONValue {
    /// The longest text of one field, in bytes: libraries describe whole objects in lines for debugging.
    private static let limit = 2_048
    /// The most elements of one list.
    private static let elements = 64

    /// A field of a line: numbers and truth values as such, so that whoever searches logs can compare them; long texts cut.
    init(logged value: Logger.MetadataValue) {
        switch value {
        case .string(let text): self = .string(Self.cut(text))
        case .array(let values): self = .array(values.prefix(Self.elements).map(JSONValue.init(logged:)))
        case .dictionary(let members): self = .object(members.mapValues(JSONValue.init(logged:)))
        case .stringConvertible(let value):
            switch value {
            case let flag as Bool: self = .bool(flag)
            case let number as any BinaryInteger: self = .integer(Self.clamped(number))
            case let number as Double where number.isFinite: self = .number(number)
            default: self = .string(Self.cut("\(value)"))
            }
        }
    }

    /// The same in a line of text.
    var loggedText: String {
        switch self {
        case .string(let text): text.debugDescription
        case .bool(let flag): "\(flag)"
        case .integer(let number): "\(number)"
        case .number(let number): "\(number)"
        case .null, .array, .object: (try? JSON.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        }
    }

    private static func cut(_ text: String) -> String {
        guard text.utf8.count > limit else { return text }
        // Whole characters, without going through all of a text that may be very long.
        var end = text.utf8.index(text.startIndex, offsetBy: limit)
        while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
        return "\(text[..<end])… (\(text.utf8.count) bytes)"
    }

    private static func clamped(_ number: some BinaryInteger) -> Int64 { Int64(clamping: number) }
}
