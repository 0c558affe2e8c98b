/// Foreign text made fit for a message: short, in quotes, without control characters.
package enum Excerpt {
    /// The first characters of a text in double quotes.
    package static func quoting(_ text: String, limit: Int = 64) -> String {
        // As names and paths are.
        if text.utf8.count <= limit, text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return "\"\(text)\"" }
        var result = "\""
        var count = 0
        for scalar in text.unicodeScalars {
            if count == limit {
                return result + "…\""
            }
            count += 1
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned:
                result += "\\u{\(String(scalar.value, radix: 16))}"
            default:
                result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

/// Characters that no name, selector or hint needs, and that databases and terminals trip over.
enum ControlCharacters {
    /// Whether a text has one, NUL included.
    static func occur(in text: String) -> Bool {
        text.unicodeScalars.contains { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) }
    }
}
