/// What a binding may do in Vault; every list adds rules to one policy.
package struct Access: Codable, Equatable, Sendable {
    package var kv: [KVAccess]?
    package var pki: [PKIAccess]?
    package var transit: [TransitAccess]?
    package var rules: [AccessRule]?

    /// Gives nothing, where no list is given.
    package init(
        kv: [KVAccess]? = nil, pki: [PKIAccess]? = nil, transit: [TransitAccess]? = nil, rules: [AccessRule]? = nil
    ) {
        self.kv = kv
        self.pki = pki
        self.transit = transit
        self.rules = rules
    }
}

/// Access to secrets of a KV engine.
package struct KVAccess: Codable, Equatable, Sendable {
    package var mount: String?
    /// Exact, or ending in `/*`.
    package var path: String
    package var permissions: [String]
    /// 1 or 2; 2 when absent.
    package var version: Int?

    /// Of the configured engine, where no mount is given.
    package init(mount: String? = nil, path: String, permissions: [String], version: Int? = nil) {
        self.mount = mount
        self.path = path
        self.permissions = permissions
        self.version = version
    }
}

/// Access to a role of a PKI engine.
package struct PKIAccess: Codable, Equatable, Sendable {
    package var mount: String?
    package var role: String
    /// `Issue`, `Sign`.
    package var operations: [String]

    /// Of the configured engine, where no mount is given.
    package init(mount: String? = nil, role: String, operations: [String]) {
        self.mount = mount
        self.role = role
        self.operations = operations
    }
}

/// Access to a key of a transit engine.
package struct TransitAccess: Codable, Equatable, Sendable {
    package var mount: String?
    package var key: String
    /// `Encrypt`, `Decrypt`, `Sign`, `Verify`, …
    package var operations: [String]

    /// Of the configured engine, where no mount is given.
    package init(mount: String? = nil, key: String, operations: [String]) {
        self.mount = mount
        self.key = key
        self.operations = operations
    }
}

/// One structured policy rule for any path.
package struct AccessRule: Codable, Equatable, Sendable {
    package var path: String
    package var capabilities: [String]
    package var allowedParameters: [String: [String]]?
    package var deniedParameters: [String: [String]]?
    package var requiredParameters: [String]?
    package var minWrappingTTL: String?
    package var maxWrappingTTL: String?

    /// A rule without limits on parameters and wrapping.
    package init(path: String, capabilities: [String]) {
        self.path = path
        self.capabilities = capabilities
    }
}
