import VaultClient

/// Which object a path names.
struct ObjectAddress {
    /// The kinds of objects that are modelled.
    enum Kind {
        case policy
        case kubernetesRole
        case jwtRole
        case databaseRole
        case staticRole
        case connection
    }

    let kind: Kind
    /// The path as the server folds it, unique per object.
    let path: String
    /// The name as the server folds it.
    let name: String
    /// The role of the other kind that must not have the same name: dynamic and static roles share their names.
    private(set) var counterpart: String?

    /// Finds the mount and the kind.
    static func resolve(
        _ path: VaultPath, _ mounts: [String: InMemoryVault.MountType]
    ) -> Result<ObjectAddress, Refusal> {
        let segments = path.segments
        if segments.starts(with: ["sys", "policies", "acl"]) { return policy(segments.dropFirst(3)) }
        if segments.first == "sys" { return .failure(.unsupportedPath) }
        let isAuth = segments.first == "auth"
        let rest = isAuth ? segments.dropFirst() : segments[...]
        // Mounts may have several segments; none is inside another, so at most one matches.
        for count in rest.indices.map({ $0 - rest.startIndex + 1 }) {
            let mount = rest.prefix(count).joined(separator: "/")
            guard let type = mounts[mount], (type != .database) == isAuth else { continue }
            return object(type, isAuth ? "auth/\(mount)" : mount, rest.dropFirst(count))
        }
        let route = path.segments.joined(separator: "/")
        return .failure(Refusal("no handler for route \"\(route)\". route entry not found.", status: 404))
    }

    private static func policy(_ rest: ArraySlice<String>) -> Result<ObjectAddress, Refusal> {
        let name = Text.trimmed(rest.joined(separator: "/")).lowercased()
        guard !name.isEmpty else { return .failure(.unsupportedOperation) }
        return .success(ObjectAddress(kind: .policy, path: "sys/policies/acl/\(name)", name: name))
    }

    private static func object(
        _ type: InMemoryVault.MountType, _ mount: String, _ rest: ArraySlice<String>
    ) -> Result<ObjectAddress, Refusal> {
        let collection = rest.first ?? ""
        let kind: Kind? =
            switch (type, collection) {
            case (.kubernetesAuth, "role"): .kubernetesRole
            case (.jwtAuth, "role"): .jwtRole
            case (.database, "roles"): .databaseRole
            case (.database, "static-roles"): .staticRole
            case (.database, "config"): .connection
            default: nil
            }
        guard let kind else { return .failure(.unsupportedPath) }
        guard var name = rest.dropFirst().first else { return .failure(.unsupportedOperation) }
        guard rest.count == 2, isName(name) else { return .failure(.unsupportedPath) }
        // Auth methods fold names, the database engine does not.
        if type != .database { name = name.lowercased() }
        var address = ObjectAddress(kind: kind, path: "\(mount)/\(collection)/\(name)", name: name)
        if kind == .databaseRole { address.counterpart = "\(mount)/static-roles/\(name)" }
        if kind == .staticRole { address.counterpart = "\(mount)/roles/\(name)" }
        return .success(address)
    }

    /// `\w(([\w-.]+)?\w)?`, the names that auth methods and the database engine route.
    private static func isName(_ name: String) -> Bool {
        func isWord(_ scalar: Unicode.Scalar) -> Bool {
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "_": true
            default: false
            }
        }
        let scalars = name.unicodeScalars
        guard let first = scalars.first, let last = scalars.last, isWord(first), isWord(last) else { return false }
        return scalars.allSatisfy { isWord($0) || $0 == "-" || $0 == "." }
    }
}
