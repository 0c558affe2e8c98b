/// A word of a server's error text and what it looks like. Rather too much is taken for a secret than too little.
struct ErrorWord {
    /// What a word looks like.
    enum Kind: Equatable {
        case plain
        /// A host, an IP address, a file of a server, a user of a database.
        case address
        /// A token, a password, a connection string.
        case secret
    }

    private let text: String

    init(_ text: String) {
        self.text = text
    }

    var kind: Kind {
        if isCredential || text.contains("://") || text.contains("@") { return .secret }
        if isAddress { return .address }
        return .plain
    }

    /// `hvs.CAES…`, `s.abc…`, a JWT, `password=…`.
    private var isCredential: Bool {
        let lower = text.lowercased()
        let keys = [
            "password", "passwd", "passphrase", "pwd", "secret", "secret_id", "token", "client_token", "jwt", "apikey",
            "api_key", "bearer",
        ]
        if lower == "bearer" || lower == "password" { return true }
        if keys.contains(where: { lower.contains($0 + "=") || lower.contains($0 + ":") }) { return true }
        return text.split(whereSeparator: { !isTokenCharacter($0) }).contains { part in
            if part.hasPrefix("eyJ") && part.count >= 16 { return true }
            return ["hvs.", "hvb.", "hvr.", "s.", "b.", "r."].contains { prefix in
                part.hasPrefix(prefix) && part.count >= prefix.count + 8
            }
        }
    }

    private func isTokenCharacter(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || "._-".contains(character))
    }

    /// `10.0.0.1:5432`, `fe80::1`, `db.internal:5432`, `host=db`, `user=vault`.
    private var isAddress: Bool {
        let keys = ["host=", "hostaddr=", "user=", "username=", "database=", "dbname=", "port=", "service="]
        if keys.contains(where: { text.lowercased().hasPrefix($0) }) { return true }
        var core = Substring(text)
        while let last = core.last, ":.!?".contains(last) { core.removeLast() }
        let colons = core.split(separator: ":", omittingEmptySubsequences: false)
        if colons.count >= 3 && colons.allSatisfy({ $0.allSatisfy(\.isHexDigit) || isIPv4($0) }) { return true }
        if colons.count == 2, colons[1].allSatisfy(\.isWholeNumber), !colons[1].isEmpty,
            colons[0].contains(where: { $0.isLetter || $0 == "." })
        {
            return true
        }
        return isIPv4(colons.first?.split(separator: "/").first ?? "") || isServiceName(core)
    }

    private func isIPv4(_ text: Substring) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }

    /// Names in a cluster's DNS and the usual private zones.
    private func isServiceName(_ text: Substring) -> Bool {
        let lower = text.lowercased()
        return [".svc", ".cluster.local", ".internal", ".local", ".lan", ".com", ".net", ".org", ".io"].contains {
            lower.hasSuffix($0) || lower.contains($0 + ".")
        }
    }
}
