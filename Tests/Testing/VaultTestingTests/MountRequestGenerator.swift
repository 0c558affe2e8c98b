import KubernetesModel
import TestSupport
import Testing

/// Draws requests that concern mounts and what is one of a kind in a mount, from a seed.
struct MountRequestGenerator {
    /// A request, and what to read after it to see what was made of it.
    struct Request: CustomTestStringConvertible {
        /// `write`, `delete` or `read`.
        var method: RecordedRequest.Method
        /// With `RUN` for what all names of this run begin with.
        var path: String
        var body: JSONValue = [:]
        var readPath: String

        var testDescription: String { "\(method) \(path) \(body)" }
    }

    private var random: SplitMix64

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
    }

    /// The next request; paths repeat often, so that requests meet.
    mutating func next() -> Request {
        switch below(8) {
        case 0, 1: return enabling()
        case 2, 3: return tuning()
        case 4: return object("auth/RUN-kubernetes/config", kubernetesConfig())
        case 5: return object("auth/RUN-jwt/config", jwtConfig())
        case 6: return object("RUN-pki/config/urls", urls())
        default: return role()
        }
    }

    private mutating func object(_ path: String, _ body: JSONValue) -> Request {
        Request(method: below(5) == 0 ? .read : .write, path: path, body: body, readPath: path)
    }

    private mutating func enabling() -> Request {
        let parent = pick(["sys/auth", "sys/mounts"])
        let path = "\(parent)/RUN-\(pick(["a", "b", "a/c"]))"
        if below(3) == 0 { return Request(method: .delete, path: path, readPath: path) }
        // There is an engine `kubernetes`, too, which is not modelled.
        let first: JSONValue = parent == "sys/auth" ? "kubernetes" : "database"
        var body: [String: JSONValue] = [
            "type": pick([first, "jwt", "database", "pki", "kv", "kv", "nosuch", "", .null])
        ]
        maybe("description", ["d", "", .null], &body)
        if body["type"] == "kv" { maybe("options", [["version": "2"], ["version": "1"], [:]], &body, 2) }
        var config: [String: JSONValue] = [:]
        tune(&config)
        if below(2) == 0 { body["config"] = .object(config) }
        return Request(method: .write, path: path, body: .object(body), readPath: path)
    }

    private mutating func tuning() -> Request {
        let name = pick(["RUN-a", "auth/RUN-a", "RUN-pki", "auth/RUN-jwt", "RUN-b"])
        var body: [String: JSONValue] = [:]
        tune(&body)
        maybe("description", ["d", "e", "", .null], &body)
        let readPath = name.hasPrefix("auth/") ? "sys/\(name)" : "sys/mounts/\(name)"
        return Request(method: .write, path: "sys/mounts/\(name)/tune", body: .object(body), readPath: readPath)
    }

    private mutating func tune(_ body: inout [String: JSONValue]) {
        for name in ["default_lease_ttl", "max_lease_ttl"] {
            maybe(name, ["1h", "30m", 3600, "7200", 0, "0", "8760h"], &body, 2)
        }
        maybe("listing_visibility", ["unauth", "hidden", "x", ""], &body)
    }

    private mutating func kubernetesConfig() -> JSONValue {
        var body: [String: JSONValue] = [:]
        if below(8) > 0 { body["kubernetes_host"] = pick(["https://a:6443", "https://b", ""]) }
        maybe("kubernetes_ca_cert", ["ca\n", "ca", "", .null], &body, 1)
        maybe("token_reviewer_jwt", ["eyJhbGciOiJub25lIn0.e30.", "", .null], &body, 2)
        maybe("disable_local_ca_jwt", [true, false, "true", .null], &body, 2)
        maybe("disable_iss_validation", [true, false, .null], &body)
        maybe("issuer", ["i", "", .null], &body)
        maybe("pem_keys", [[], .null, ""], &body)
        // Without, the server looks for a file that is there in a pod alone.
        if body["kubernetes_ca_cert"] == nil { body["kubernetes_ca_cert"] = "ca" }
        return .object(body)
    }

    private mutating func jwtConfig() -> JSONValue {
        var body: [String: JSONValue] = [:]
        if below(8) > 0 {
            body["jwt_validation_pubkeys"] = pick([
                [.string(Self.key)], [.string("\(Self.key)\n")], .string(Self.key), ["x"], [], .null,
            ])
        }
        maybe("bound_issuer", ["https://spire", "", .null], &body)
        maybe("default_role", ["web", "", .null], &body)
        maybe("jwt_supported_algs", [["ES256"], "ES256,RS256", [], .null], &body)
        maybe("bogus", ["x"], &body)
        return .object(body)
    }

    private mutating func urls() -> JSONValue {
        var body: [String: JSONValue] = [:]
        for name in ["issuing_certificates", "crl_distribution_points", "ocsp_servers"] {
            maybe(name, [["http://a/b"], "http://a,http://b", ["nourl"], [], .null, ""], &body, 2)
        }
        return .object(body)
    }

    private mutating func role() -> Request {
        let path = "RUN-pki/roles/\(pick(["web", "Web", "a b", "a.b"]))"
        if below(5) == 0 { return Request(method: .delete, path: path, readPath: path) }
        var body: [String: JSONValue] = [:]
        maybe("allowed_domains", [["x"], "x, y", [], .null], &body, 2)
        for name in ["allow_subdomains", "allow_any_name", "allow_localhost", "require_cn", "server_flag"] {
            maybe(name, [true, false, "true", .null], &body)
        }
        for name in ["ttl", "max_ttl"] { maybe(name, [0, "1h", "168h", "720h", "1d", .null], &body, 2) }
        maybe("key_type", ["rsa", "ec", "ed25519", "any", "x"], &body)
        maybe("key_usage", [["DigitalSignature"], [], .null], &body)
        maybe("organization", [["o"], "o,p", .null], &body)
        return object(path, .object(body))
    }

    /// A public key of P-256.
    private static let key = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEPur/U8eOakHSr9bSGrzMFZJQayrr
        NNI5T15DWs/R+QItZQ1r+CJ5xt0dRnsbcPfBGMATYcr0nwz30lpObaTjCQ==
        -----END PUBLIC KEY-----
        """

    /// Sets a field in one of `share` bodies.
    private mutating func maybe(
        _ name: String, _ values: [JSONValue], _ body: inout [String: JSONValue], _ share: Int = 4
    ) {
        if below(share) == 0 { body[name] = pick(values) }
    }

    private mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

    private mutating func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }
}
