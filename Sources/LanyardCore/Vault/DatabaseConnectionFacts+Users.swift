import KubernetesModel

extension DatabaseConnectionFacts {
    /// The users that a connection logs in with, as far as its `data` tells: of the field `username`, and of a
    /// connection string, in which servers show the password as `xxxxx`.
    static func users(of details: JSONValue?) -> [String] {
        let strings = ["connection_url", "hosts", "url"].compactMap { details?[$0]?.string }
        let users = [details?["username"]?.string].compactMap { $0 } + strings.compactMap(user(inConnectionString:))
        return users.filter { !$0.isEmpty && !$0.contains("{{") }
    }

    /// `user` of `scheme://user:password@host/…`, of `user:password@tcp(host)/…`, or of `host=… user=…`.
    private static func user(inConnectionString text: String) -> String? {
        let pairs = text.split(separator: text.contains(";") ? ";" : " ")
        if let pair = pairs.first(where: { isUserPair($0) }) {
            return pair.split(separator: "=", maxSplits: 1).last.map { unquoted(String($0)) }
        }
        let start = text.firstRange(of: "://")?.upperBound ?? text.startIndex
        let rest = text[start...]
        guard let end = rest.lastIndex(of: "@") else { return nil }
        let user = rest[..<end].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).first
        return user.map { percentDecoded(String($0)) }
    }

    private static func isUserPair(_ word: Substring) -> Bool {
        let lower = word.lowercased()
        return ["user=", "username=", "uid=", "user id="].contains { lower.hasPrefix($0) }
    }

    private static func unquoted(_ text: String) -> String {
        text.filter { $0 != "'" && $0 != "\"" }
    }

    private static func percentDecoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2)
            if byte == UInt8(ascii: "%"), digits.count == 2,
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
