/// What a credential plugin says to people.
enum Complaint {
    /// Longer words than this, without any space, are taken for tokens.
    private static let longestWord = 40

    /// A line without words that may be tokens, keys or passwords. Rather too much is taken out than too little.
    static func redacted(_ line: some StringProtocol) -> String {
        var isAfterBearer = false
        return line.split(separator: " ", omittingEmptySubsequences: false).map { word in
            defer { isAfterBearer = word.lowercased().hasSuffix("bearer") }
            return isAfterBearer || isSecret(word) ? "[redacted]" : String(word)
        }.joined(separator: " ")
    }

    private static func isSecret(_ word: some StringProtocol) -> Bool {
        let lower = word.lowercased()
        if ["token", "password", "secret"].contains(where: { lower.contains("\($0)=") || lower.contains("\($0)\":") }) {
            return true
        }
        return word.split { !($0.isLetter || $0.isNumber || "._-+/=".contains($0)) }.contains { part in
            (part.hasPrefix("eyJ") && part.count >= 12)
                || (part.count > longestWord && !part.contains("/") && part.contains(where: \.isNumber))
        }
    }
}
