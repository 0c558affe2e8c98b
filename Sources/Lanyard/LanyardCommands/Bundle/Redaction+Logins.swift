extension Redaction {
    /// Without who logs in, and how, where an address has no scheme: `user:password@tcp(host)/database`,
    /// `user/password@host`. Addresses of mail, SPIFFE IDs and digests of images are none.
    static func withoutLogins(_ line: String) -> String {
        guard line.contains("@") else { return line }
        var result = ""
        var rest = line[...]
        while !rest.isEmpty {
            let end = endOfAddress(in: rest)
            result += withoutLogin(rest[..<end])
            guard end < rest.endIndex else { break }
            result.append(rest[end])
            rest = rest[rest.index(after: end)...]
        }
        return result
    }

    /// Blanks end an address, and quotes do unless they are of a text within a text.
    private static func endOfAddress(in rest: Substring) -> Substring.Index {
        var isEscaped = false
        for index in rest.indices {
            let character = rest[index]
            if character.isWhitespace || "`<>".contains(character) { return index }
            if !isEscaped, character == "\"" || character == "'" { return index }
            isEscaped = character == "\\"
        }
        return rest.endIndex
    }

    private static func withoutLogin(_ word: Substring) -> String {
        let end = word.indices.last { word[$0] == "@" && !isDigest(word[word.index(after: $0)...]) }
        guard let end else { return String(word) }
        let login = word[..<end]
        // Where there is a scheme, what stands behind it was taken out before.
        let head = login.firstRange(of: "://").map { login[..<$0.lowerBound] } ?? login
        guard let joint = head.firstIndex(where: { $0 == ":" || $0 == "/" }) else { return String(word) }
        let opening = head[..<joint].lastIndex { "=({[,;\"'\\".contains($0) }
        let start = opening.map { login.index(after: $0) } ?? login.startIndex
        return "\(login[..<start])\(mark)\(word[end...])"
    }

    /// Whether this begins with the digest of an image, as it stands behind its name.
    private static func isDigest(_ text: Substring) -> Bool {
        guard text.hasPrefix("sha256:") || text.hasPrefix("sha512:") else { return false }
        let digits = text.dropFirst("sha256:".count).prefix(32)
        return digits.count == 32 && digits.allSatisfy { $0.isASCII && $0.isHexDigit }
    }
}
