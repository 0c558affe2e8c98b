extension Redaction {
    /// Clients of databases that take a password as the rest of `-p`. With others, `-p` is a port, a path or a profile.
    private static let clients: Set<Substring> = [
        "mysql", "mysqldump", "mysqladmin", "mysqlimport", "mariadb", "mariadb-dump", "mariadb-admin",
    ]

    /// Without passwords that are joined to their flag, where a line names such a client: `mysql -pPASSWORD`.
    static func withoutJoinedPasswords(_ line: String) -> String {
        let words = line.split { isSeparator($0) || $0 == "/" }
        guard words.contains(where: { clients.contains($0) }) else { return line }
        var result = ""
        var rest = line[...]
        while let flag = rest.firstRange(of: "-p") {
            let isWord = line[..<flag.lowerBound].last.map(isSeparator) ?? true
            result += rest[..<flag.upperBound]
            rest = rest[flag.upperBound...]
            let password = rest[..<endOfAddress(in: line, from: rest.startIndex, orEscaped: true)]
            guard isWord, password.count >= 3 else { continue }
            result += mark
            rest = rest[password.endIndex...]
        }
        return result + rest
    }
}
