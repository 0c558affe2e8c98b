import KubernetesModel

/// An engine or auth method that is mounted.
struct Mount: Sendable {
    typealias MountType = MountKind

    let type: MountType
    var description = ""
    /// Seconds; 0 = the server's.
    var defaultLeaseTTL: Int64 = 0
    /// Seconds; 0 = the server's.
    var maxLeaseTTL: Int64 = 0
    /// Empty, `hidden` or `unauth`.
    var listingVisibility = ""
    /// KV's version, 1 or 2.
    var version: Int64 = 1
    /// PKI's authorities.
    var authorities = PKIAuthorities()

    init(_ type: MountType) {
        self.type = type
    }

    /// Takes over the settings of an enabling (`config`) or of a tuning.
    ///
    /// - Throws: `Refusal`, after which nothing has changed.
    mutating func tune(_ fields: RequestFields) throws(Refusal) {
        var tuned = self
        if let value = try fields.string("description") { tuned.description = value }
        if let value = try fields.duration("default_lease_ttl") { tuned.defaultLeaseTTL = value }
        if let value = try fields.duration("max_lease_ttl") { tuned.maxLeaseTTL = value }
        if let value = try fields.string("listing_visibility") {
            guard ["", "hidden", "unauth"].contains(value) else {
                throw Refusal("invalid listing_visibility: \(value)")
            }
            tuned.listingVisibility = value
        }
        // That the server's own limit holds where there is none here, a tuning does not look at.
        guard tuned.maxLeaseTTL == 0 || tuned.defaultLeaseTTL <= tuned.maxLeaseTTL else {
            throw Refusal("the default lease TTL is greater than the longest one")
        }
        self = tuned
    }

    /// Takes over `options`, which matter for KV alone.
    ///
    /// - Throws: `Refusal`.
    mutating func setOptions(_ options: JSONValue?) throws(Refusal) {
        guard type == .kv, let text = options?["version"]?.string else { return }
        guard let value = Int64(text), [1, 2].contains(value) else {
            throw Refusal("nil backend of type \"kv\" returned from factory")
        }
        guard value >= version else { throw Refusal("cannot downgrade mount from version \(version)") }
        version = value
    }

    /// The entry in the list of mounts, as far as it is modelled.
    func entry(at path: String) -> JSONValue {
        var config: JSONValue = [
            "default_lease_ttl": .integer(defaultLeaseTTL), "max_lease_ttl": .integer(maxLeaseTTL),
            "force_no_cache": false,
        ]
        if type.isAuth { config["token_type"] = "default-service" }
        if !listingVisibility.isEmpty { config["listing_visibility"] = .string(listingVisibility) }
        return [
            "type": .string(type.name), "description": .string(description), "config": config,
            "accessor": .string("\(type.isAuth ? "auth_" : "")\(type.name)_\(path)"),
            "options": version == 2 ? ["version": "2"] : [:], "local": false, "seal_wrap": false,
        ]
    }
}

/// What is mounted at a path.
package enum MountKind: String, Sendable {
    /// `auth/<name>/role/…` with the roles of the Kubernetes auth method.
    case kubernetesAuth
    /// `auth/<name>/role/…` with the roles of the JWT auth method.
    case jwtAuth
    /// `<name>/roles/…`, `<name>/static-roles/…` and `<name>/config/…`.
    case database
    /// `<name>/roles/…`, `<name>/config/urls` and the generation of authorities.
    case pki
    /// Holds nothing here.
    case kv
}

extension MountKind {
    /// Whether it is below `auth/`.
    var isAuth: Bool { self == .kubernetesAuth || self == .jwtAuth }

    /// The type as the API names it.
    var name: String {
        switch self {
        case .kubernetesAuth: "kubernetes"
        case .jwtAuth: "jwt"
        case .database: "database"
        case .pki: "pki"
        case .kv: "kv"
        }
    }

    /// Finds a type in the catalogue of auth methods or of engines.
    init?(named name: String, isAuth: Bool) {
        switch (name, isAuth) {
        case ("kubernetes", true): self = .kubernetesAuth
        case ("jwt", true): self = .jwtAuth
        case ("database", false): self = .database
        case ("pki", false): self = .pki
        case ("kv", false): self = .kv
        default: return nil
        }
    }
}
