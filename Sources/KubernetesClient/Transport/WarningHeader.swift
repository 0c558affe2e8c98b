/// The texts of `Warning` headers: `299 - "text"`, several of them separated by commas (RFC 7234 §5.5).
enum WarningHeader {
    /// The quoted texts, at most 256 characters of each. What has another form is left out.
    static func texts(_ values: [String]) -> [String] {
        values.flatMap(texts)
    }

    private static func texts(_ value: String) -> [String] {
        var texts: [String] = []
        var text: String?
        var isEscaped = false
        for character in value {
            switch (text, character) {
            case (nil, "\""): text = ""
            case (nil, _): break
            case (let open?, "\"") where !isEscaped:
                // The date that may follow is quoted as well.
                if texts.count < 16, !isDate(open) { texts.append(open) }
                text = nil
            case (_?, "\\") where !isEscaped: isEscaped = true
            case (let open?, _):
                isEscaped = false
                if open.count < 256 { text = open + String(character) }
            }
        }
        return texts
    }

    /// Whether this is an HTTP date, such as `Wed, 21 Oct 2015 07:28:00 GMT`.
    private static func isDate(_ text: String) -> Bool {
        text.hasSuffix(" GMT") && text.count == 29
    }
}
