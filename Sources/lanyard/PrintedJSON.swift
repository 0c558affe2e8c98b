import FoundationEssentials

/// JSON as commands print it: sorted, and over several lines, for people and `diff` as well as for programs.
enum PrintedJSON {
    /// The text, without the last line break.
    ///
    /// - Throws: `EncodingError` when the value cannot be represented.
    static func text(of value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
