extension Redaction {
    /// Without who logs in, and how, where an address has no scheme: `user:password@tcp(host)/database`,
    /// `user/password@host`. Addresses of mail, SPIFFE IDs and digests of images are none.
    static func withoutLogins(_ line: String) -> String {
        guard line.contains("@") else { return line }
        var result = ""
        var start = line.startIndex
        while start < line.endIndex {
            let end = endOfAddress(in: line, from: start)
            result += withoutLogin(line[start..<end])
            guard end < line.endIndex else { break }
            result.append(line[end])
            start = line.index(after: end)
        }
        return result
    }

    /// Where an address ends that may have a password in it: at a blank, or at a quote around it. Passwords have all else.
    ///
    /// - Parameter orEscaped: whether quotes of a text within a text count as well.
    static func endOfAddress(in line: String, from start: String.Index, orEscaped: Bool = false) -> String.Index {
        var isEscaped = false
        for index in line[start...].indices {
            let character = line[index]
            if character.isWhitespace { return index }
            let isQuote = character == "\"" || character == "'"
            if isQuote, orEscaped || !isEscaped, isAround(index, in: line) { return index }
            isEscaped = character == "\\"
        }
        return line.endIndex
    }

    /// Whether a quote stands where values begin or end, and not in the midst of a word.
    private static func isAround(_ quote: String.Index, in line: String) -> Bool {
        guard let next = line[line.index(after: quote)...].first, !next.isWhitespace, !",;)]}".contains(next) else {
            return true
        }
        var before = line[..<quote]
        while before.last == "\\" { before.removeLast() }
        guard let last = before.last else { return true }
        guard last == ":" else { return last.isWhitespace || ",;=([{".contains(last) }
        // Behind a name with quotes, as JSON has it: who logs in has none.
        guard let end = before.dropLast().last else { return true }
        return end.isWhitespace || end == "\"" || end == "'"
    }

    private static func withoutLogin(_ word: Substring) -> String {
        let end = word.indices.last { word[$0] == "@" && !isDigest(word[word.index(after: $0)...]) }
        guard let end else { return String(word) }
        let login = word[..<end]
        // Where there is a scheme, what stands behind it was taken out before.
        let head = login.firstRange(of: "://").map { login[..<$0.lowerBound] } ?? login
        guard let joint = head.firstIndex(where: { $0 == ":" || $0 == "/" }) else { return String(word) }
        let opening = head[..<joint].lastIndex { "=({[,;<>`\"'\\".contains($0) }
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
