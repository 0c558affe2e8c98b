import KubernetesModel
import VaultClient

/// The keys and issuers of a PKI mount, with text in place of certificates. The first issuer and the first key are the
/// defaults, and stay so.
struct PKIAuthorities: Sendable {
    private struct Issuer: Sendable {
        var name: String
        let certificate: String
        let key: String
    }

    /// Oldest first. Nothing but their names keeps a server from having several.
    private var issuers: [Issuer] = []
    /// Their names, which may be empty, oldest first.
    private var keys: [String] = []

    /// Whether the oldest of each is the engine's default.
    private var hasDefaults = true

    /// How many authorities there are.
    var count: Int { issuers.count }

    /// Answers what concerns authorities; nil for every other path of the mount.
    mutating func respond(
        to method: VaultMethod, _ path: String, _ fields: RequestFields
    ) throws(Refusal) -> VaultResponse? {
        switch (method, path) {
        case (.get, "config/issuers"):
            return .data([
                "default": issuers.isEmpty || !hasDefaults ? "" : "issuer-1", "default_follows_latest_issuer": false,
            ])
        case (.post, "config/issuers"):
            let reference = try fields.string("default") ?? ""
            guard issuers.first?.name == reference || (reference == "issuer-1" && !issuers.isEmpty) else {
                throw Refusal("unable to find PKI issuer for reference: \(reference)", status: 500)
            }
            hasDefaults = true
            return .data(["default": "issuer-1", "default_follows_latest_issuer": false])
        case (.get, "config/keys"):
            return .data(["default": keys.isEmpty || !hasDefaults ? "" : "key-1"])
        case (.get, _) where path.hasPrefix("key/"):
            guard let index = keys.indices.first(where: { path == "key/key-\($0 + 1)" }) else {
                throw Refusal("unable to find PKI key for reference: \(path.dropFirst(4))", status: 500)
            }
            return .data(["key_id": .string("key-\(index + 1)"), "key_name": .string(keys[index])])
        case (.get, "issuer/default"):
            return .data(try defaultIssuer())
        case (.post, "issuer/default"):
            _ = try defaultIssuer()
            let name = try fields.string("issuer_name") ?? ""
            try checkUnused(name, among: issuers.dropFirst().map(\.name), "issuer")
            issuers[0].name = name
            return .data(try defaultIssuer())
        case (.post, _):
            return try generate(path, fields)
        default:
            return nil
        }
    }

    private mutating func generate(_ path: String, _ fields: RequestFields) throws(Refusal) -> VaultResponse? {
        let subject = try fields.string("common_name") ?? ""
        switch path {
        case "root/generate/internal":
            let name = try fields.string("issuer_name") ?? ""
            try checkUnused(name, among: issuers.map(\.name), "issuer")
            try addKey(fields)
            return makeRoot(name, of: subject, key: keys.count)
        case "root/generate/existing":
            let name = try fields.string("issuer_name") ?? ""
            try checkUnused(name, among: issuers.map(\.name), "issuer")
            guard let key = keys.firstIndex(of: try fields.string("key_ref") ?? "") else {
                throw Refusal("failed to lookup public key from existing key")
            }
            return makeRoot(name, of: subject, key: key + 1)
        case "intermediate/generate/internal":
            try addKey(fields)
            return .data(["csr": .string("request of \(subject)"), "key_id": .string("key-\(keys.count)")])
        case "intermediate/generate/existing":
            guard let reference = try fields.string("key_ref"), !keys.isEmpty,
                reference == "default" || keys.contains(reference)
            else { throw Refusal("failed to lookup public key from existing key") }
            return .data(["csr": .string("request of \(subject)")])
        case "root/sign-intermediate":
            let request = try fields.string("csr") ?? ""
            guard request.hasPrefix("request of ") else { throw Refusal("csr contains no data") }
            guard let issuer = issuers.first else {
                throw Refusal("no default issuer currently configured", status: 500)
            }
            let certificate = JSONValue.string("certificate of \(request.dropFirst("request of ".count))")
            return .data(["certificate": certificate, "ca_chain": [certificate, .string(issuer.certificate)]])
        case "intermediate/set-signed":
            guard let certificate = try fields.string("certificate"), certificate.hasPrefix("certificate of ") else {
                throw Refusal("provided data for import was too short")
            }
            guard !keys.isEmpty else { throw Refusal("no private keys found") }
            if issuers.contains(where: { $0.certificate == certificate }) {
                return .data(["imported_issuers": .null, "existing_issuers": ["issuer-1"]])
            }
            if issuers.isEmpty { hasDefaults = true }
            // A server finds the key that the certificate is for; here it is the last one.
            issuers.append(Issuer(name: "", certificate: certificate, key: "key-\(keys.count)"))
            return .data(["imported_issuers": [.string("issuer-\(count)")], "existing_issuers": .null])
        default:
            return nil
        }
    }

    private mutating func makeRoot(_ name: String, of subject: String, key: Int) -> VaultResponse {
        issuers.append(Issuer(name: name, certificate: "certificate of \(subject)", key: "key-\(key)"))
        hasDefaults = true
        return .data(["certificate": .string("certificate of \(subject)"), "issuer_id": .string("issuer-\(count)")])
    }

    /// What a server leaves that stopped between its writes: what was made is not the engine's default.
    mutating func loseDefaults() { hasDefaults = false }

    private func defaultIssuer() throws(Refusal) -> JSONValue {
        guard hasDefaults, let issuer = issuers.first else {
            throw Refusal("1 error occurred:\n\t* no default issuer currently configured\n\n", status: 500)
        }
        return [
            "issuer_id": "issuer-1", "issuer_name": .string(issuer.name), "key_id": .string(issuer.key),
            "certificate": .string(issuer.certificate),
        ]
    }

    private mutating func addKey(_ fields: RequestFields) throws(Refusal) {
        let name = try fields.string("key_name") ?? ""
        try checkUnused(name, among: keys, "key")
        keys.append(name)
    }

    private func checkUnused(_ name: String, among names: [String], _ what: String) throws(Refusal) {
        if !name.isEmpty, names.contains(name) { throw Refusal("\(what) name already in use") }
    }
}
