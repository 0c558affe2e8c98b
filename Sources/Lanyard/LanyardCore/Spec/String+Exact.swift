extension String {
    /// Whether both are the same bytes. `==` is not enough for text that a server interprets: it takes canonically
    /// equivalent characters for equal, so that `;` equals the Greek question mark.
    func hasSameBytes(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }

    /// Whether every byte is ASCII, where `==` is exact.
    var isASCII: Bool { utf8.allSatisfy { $0 < 0x80 } }

    /// Whether every character is printable ASCII, blanks included.
    var isPrintableASCII: Bool { utf8.allSatisfy { (0x20...0x7E).contains($0) } }

    /// This text without white space at both ends, as the server trims (Unicode's White_Space).
    var trimmed: String {
        let scalars = unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        return String(scalars[first...last])
    }
}
