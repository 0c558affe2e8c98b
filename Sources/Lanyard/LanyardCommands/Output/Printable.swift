import FoundationEssentials

/// Texts as commands print them. Those of others are made fit for terminals and logs: control and format characters are
/// written out.
enum Printable {
    /// The text without anything that a terminal could take for a command.
    static func text(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned:
                result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
    }

    /// The same in double quotes.
    static func quoted(_ text: String) -> String { "\"\(self.text(text))\"" }

    /// JSON without the last line break: sorted, and over several lines, for people and `diff` as well as for programs.
    ///
    /// - Throws: `EncodingError` when the value cannot be represented.
    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
