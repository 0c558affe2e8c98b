package import KubernetesModel

/// A role of the PKI engine: what certificates it issues.
package struct PKIRole: VaultObject {
    /// Domains, below which or for which names may be issued.
    package var allowedDomains: [String] = []
    /// Whether a domain itself may be issued.
    package var allowsBareDomains = false
    /// Whether names below a domain may be issued.
    package var allowsSubdomains = false
    /// Whether `*` in a domain is a pattern.
    package var allowsGlobDomains = false
    /// Whether certificates for `*.name` may be issued.
    package var allowsWildcards = true
    /// Whether any name may be issued.
    package var allowsAnyName = false
    /// Whether `localhost` may be issued.
    package var allowsLocalhost = true
    /// Whether addresses may be issued.
    package var allowsIPAddresses = true
    /// URIs that may be issued, with `*` as a pattern.
    package var allowedURIs: [String] = []
    /// Whether names must be host names.
    package var enforcesHostnames = true
    /// Whether a common name must be asked for.
    package var requiresCommonName = true
    /// Whether certificates are good for servers.
    package var isForServers = true
    /// Whether certificates are good for clients.
    package var isForClients = true
    /// `rsa`, `ec`, `ed25519` or `any`.
    package var keyType = "rsa"
    /// The server's for the type when 0.
    package var keyBits = 0
    /// Names of key usages (RFC 5280, as the server spells them).
    package var keyUsage = PKIRole.defaultKeyUsage
    /// Names of extended key usages.
    package var extKeyUsage: [String] = []
    /// The `O` of certificates.
    package var organization: [String] = []
    /// In seconds; 0 inherits the mount's.
    package var ttl = 0
    /// In seconds; 0 inherits the mount's.
    package var maxTTL = 0
    /// Whether certificates are not kept, so that they cannot be revoked by their number.
    package var isUnstored = false

    /// A role as the server makes it when nothing is said.
    package init() {}

    /// What the server takes when nothing is said.
    package static let defaultKeyUsage = ["DigitalSignature", "KeyAgreement", "KeyEncipherment"]

    /// The whole managed field set. The server replaces the whole role by it, and takes its defaults for the rest.
    package var body: JSONValue {
        var members: [String: JSONValue] = [
            "key_type": .string(keyType), "key_bits": .integer(Int64(effectiveKeyBits)), "ttl": .integer(Int64(ttl)),
            "max_ttl": .integer(Int64(maxTTL)),
        ]
        for (field, flag) in flags { members[field] = .bool(flag) }
        for (field, list) in lists { members[field] = .array(list.sorted().map(JSONValue.string)) }
        return .object(members)
    }

    /// The fields in which a role differs from this one, sorted; empty means that no write is needed.
    ///
    /// - Parameter actual: the `data` of a read.
    package func differences(from actual: JSONValue) -> [FieldDifference] {
        var comparison = FieldComparison(of: actual)
        for (field, flag) in flags { comparison.flag(field, wanted: flag) }
        for (field, list) in lists { comparison.set(field, wanted: list, foldingCase: field.hasSuffix("key_usage")) }
        comparison.text("key_type", wanted: keyType)
        comparison.integer("key_bits", wanted: effectiveKeyBits)
        comparison.duration("ttl", wanted: ttl)
        comparison.duration("max_ttl", wanted: maxTTL)
        comparison.unset(Self.unset)
        comparison.text("issuer_ref", wanted: "default", default: "default")
        for field in ["use_csr_common_name", "use_csr_sans"] where comparison[field] != nil {
            comparison.flag(field, wanted: true)
        }
        if comparison["cn_validations"] != nil {
            comparison.set("cn_validations", wanted: ["email", "hostname"])
        }
        return comparison.differences
    }

    // What would let a role issue more than its spec says.
    private static let unset = [
        "allow_token_displayname", "allowed_domains_template", "allowed_uri_sans_template", "allowed_other_sans",
        "allowed_user_ids", "code_signing_flag", "email_protection_flag", "ext_key_usage_oids",
        "basic_constraints_valid_for_non_ca", "allow_globs_in_identity_templates", "not_after",
    ]

    private var effectiveKeyBits: Int {
        if keyBits > 0 { return keyBits }
        return switch keyType {
        case "rsa": 2048
        case "ec": 256
        default: 0
        }
    }

    private var flags: [(field: String, flag: Bool)] {
        [
            ("allow_bare_domains", allowsBareDomains), ("allow_subdomains", allowsSubdomains),
            ("allow_glob_domains", allowsGlobDomains), ("allow_wildcard_certificates", allowsWildcards),
            ("allow_any_name", allowsAnyName), ("allow_localhost", allowsLocalhost),
            ("allow_ip_sans", allowsIPAddresses), ("enforce_hostnames", enforcesHostnames),
            ("require_cn", requiresCommonName), ("server_flag", isForServers), ("client_flag", isForClients),
            ("no_store", isUnstored),
        ]
    }

    private var lists: [(field: String, list: [String])] {
        [
            ("allowed_domains", allowedDomains), ("allowed_uri_sans", allowedURIs), ("key_usage", keyUsage),
            ("ext_key_usage", extKeyUsage), ("organization", organization),
        ]
    }
}
