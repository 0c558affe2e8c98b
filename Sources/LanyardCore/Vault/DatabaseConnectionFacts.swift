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
