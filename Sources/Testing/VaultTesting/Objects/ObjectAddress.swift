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
        case kubernetesConfig
        case jwtConfig
        case pkiRole
        case pkiURLs

        /// Whether there is one in a mount, which cannot be deleted.
        var isSingleton: Bool { self == .kubernetesConfig || self == .jwtConfig || self == .pkiURLs }

        /// Whether a write is answered with what was made of it.
        var answersWithObject: Bool { self == .pkiRole || self == .pkiURLs }

        /// What is there before the first write.
        var initial: StoredObject? { self == .pkiURLs ? StoredObject(self, PKIURLs.none) : nil }
    }

    let kind: Kind
    /// The path as the server folds it, unique per object.
    let path: String
    /// The name as the server folds it.
    let name: String
    /// The role of the other kind that must not have the same name: dynamic and static roles share their names.
    private(set) var counterpart: String?

    /// Finds the mount and the kind.
    static func resolve(_ path: VaultPath, _ mounts: MountTable) -> Result<ObjectAddress, Refusal> {
        let segments = path.segments
        if segments.starts(with: ["sys", "policies", "acl"]) { return policy(segments.dropFirst(3)) }
        if segments.first == "sys" { return .failure(.unsupportedPath) }
        let whole = segments.joined(separator: "/")
        guard let route = mounts.route(of: whole), let mount = mounts[route] else {
            return .failure(Refusal("no handler for route \"\(whole)\". route entry not found.", status: 404))
        }
        return object(mount.type, route, segments.dropFirst(route.split(separator: "/").count))
    }

    private static func policy(_ rest: ArraySlice<String>) -> Result<ObjectAddress, Refusal> {
        let name = Text.trimmed(rest.joined(separator: "/")).lowercased()
        guard !name.isEmpty else { return .failure(.unsupportedOperation) }
        return .success(ObjectAddress(kind: .policy, path: "sys/policies/acl/\(name)", name: name))
    }

    private static func object(
        _ type: MountKind, _ mount: String, _ rest: ArraySlice<String>
    ) -> Result<ObjectAddress, Refusal> {
        let collection = rest.first ?? ""
        if let kind = singleton(type, rest) {
            return .success(ObjectAddress(kind: kind, path: ([mount] + rest).joined(separator: "/"), name: ""))
        }
        let kind: Kind? =
            switch (type, collection) {
            case (.kubernetesAuth, "role"): .kubernetesRole
            case (.jwtAuth, "role"): .jwtRole
            case (.database, "roles"): .databaseRole
            case (.database, "static-roles"): .staticRole
            case (.database, "config"): .connection
            case (.pki, "roles"): .pkiRole
            default: nil
            }
        guard let kind else { return .failure(.unsupportedPath) }
        guard var name = rest.dropFirst().first else { return .failure(.unsupportedOperation) }
        guard rest.count == 2, isName(name) else { return .failure(.unsupportedPath) }
        // Auth methods fold names, secrets engines do not.
        if type.isAuth { name = name.lowercased() }
        var address = ObjectAddress(kind: kind, path: "\(mount)/\(collection)/\(name)", name: name)
        if kind == .databaseRole { address.counterpart = "\(mount)/static-roles/\(name)" }
        if kind == .staticRole { address.counterpart = "\(mount)/roles/\(name)" }
        return .success(address)
    }

    private static func singleton(_ type: MountKind, _ rest: ArraySlice<String>) -> Kind? {
        switch (type, rest.joined(separator: "/")) {
        case (.kubernetesAuth, "config"): .kubernetesConfig
        case (.jwtAuth, "config"): .jwtConfig
        case (.pki, "config/urls"): .pkiURLs
        default: nil
        }
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
