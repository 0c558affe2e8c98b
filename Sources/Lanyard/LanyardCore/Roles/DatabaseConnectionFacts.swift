package import KubernetesModel

/// What matters of a database connection to the roles that use it.
package struct DatabaseConnectionFacts: Equatable, Sendable {
    /// Names of roles that may use the connection; `*` in an entry matches any rest.
    package var allowedRoles: [String]
    /// The users that the connection itself logs in with, as far as the server tells.
    package var ownUsers: [String]

    /// Reads the `data` of `<mount>/config/<connection>`; what cannot be understood allows nothing.
    package init(reading data: JSONValue) {
        allowedRoles = FieldComparison.strings(data["allowed_roles"]) ?? []
        ownUsers = Self.users(of: data["connection_details"])
    }

    /// Whether the server will issue credentials of that role. It checks this only when credentials are asked for
    /// (500 `is not an allowed role`), never when the role is written.
    package func allows(_ roleName: String) -> Bool {
        allowedRoles.contains { Self.matches(Array($0.utf8)[...], Array(roleName.utf8)[...]) }
    }

    /// Why a static role must not manage a user; nil when it may.
    ///
    /// A static role on the connection's own user would hand its password to the tenant, and the engine would lose it
    /// (threat T16). Databases fold names in different ways, so case makes no difference here; and what the connection
    /// does not tell is not taken for somebody else.
    package func obstacle(toManaging username: String) -> String? {
        if ownUsers.isEmpty { return "does not tell which user it logs in with" }
        let folded = username.lowercased()
        return ownUsers.contains { $0.lowercased() == folded } ? "logs in with that user itself" : nil
    }

    private static func matches(_ pattern: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>) -> Bool {
        let parts = pattern.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
        guard let first = parts.first, let last = parts.last, parts.count > 1 else { return pattern == name }
        guard name.count >= first.count + last.count, name.starts(with: first), name.suffix(last.count) == last else {
            return false
        }
        var rest = name.dropFirst(first.count).dropLast(last.count)
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let end = Self.end(of: part, in: rest) else { return false }
            rest = rest[end...]
        }
        return true
    }

    private static func end(of part: ArraySlice<UInt8>, in text: ArraySlice<UInt8>) -> Int? {
        var rest = text
        while rest.count >= part.count {
            if rest.starts(with: part) { return rest.startIndex + part.count }
            rest = rest.dropFirst()
        }
        return nil
    }
}

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
