import KubernetesModel
import TestSupport

/// Draws requests over the modelled endpoints from a seed: valid and invalid values of every field that Lanyard manages.
struct RequestGenerator {
    private var random: SplitMix64

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
    }

    /// The next request; names repeat often, so that requests meet.
    mutating func next() -> RecordedRequest {
        let collection = pick(["policy", "kubernetes", "jwt", "database"])
        let name = pick(["web", "Web", "a.b-c", "a_B", "a:b", "-a", "x"])
        switch below(10) {
        case 0..<2: return RecordedRequest(.read, collection, name)
        case 2: return RecordedRequest(.delete, collection, name)
        default: return RecordedRequest(.write, collection, name, body(collection))
        }
    }

    /// The body of a write to one collection.
    mutating func next(in collection: String) -> JSONValue { body(collection) }

    private mutating func body(_ collection: String) -> JSONValue {
        switch collection {
        case "policy": return policy()
        case "kubernetes": return kubernetesRole()
        case "jwt": return jwtRole()
        default: return databaseRole()
        }
    }

    private mutating func policy() -> JSONValue {
        var body: [String: JSONValue] = [
            "policy": pick(["path \"a\" {\n  capabilities = [\"read\"]\n}\n", "# c\r\n", "{}", " ", "", "I2M=", .null])
        ]
        maybe("cas", [-1, 0, 1, 2, "1", "x", .null], &body, 3)
        maybe("cas_required", [true, false, "true"], &body, 8)
        return .object(body)
    }

    private mutating func token(_ body: inout [String: JSONValue]) {
        let durations: [JSONValue] = [
            0, 60, 7200, "90", "1h30m", "1.5h", "1d", "1500ms", "500ms", "", .null, "1w", "1d12h", -5, "-5s", true,
            " 90s ", "x", "3000000", "0.1h",
        ]
        maybe("token_ttl", durations, &body)
        maybe("token_max_ttl", durations, &body)
        maybe("token_explicit_max_ttl", durations, &body, 6)
        maybe("token_period", durations, &body, 6)
        maybe("token_policies", lists, &body)
        maybe(
            "token_bound_cidrs",
            [
                "10.0.0.1/32", ["10.1.2.3/8", " 10.0.0.1 "], ["FE80::1/64", "2001:DB8:0:0:0:0:0:1/128"], "", ["x"],
                [""],
                .null, ["1:0:0:4:0:0:0:8", "::", "::/0", "1::8"], "10.0.0.1,10.0.0.2",
            ], &body, 5)
        maybe("token_num_uses", [0, 5, -1, "5", "x", "", .null, true], &body, 6)
        maybe("token_no_default_policy", [true, false, "true", "yes", 1, 2, "", .null, []], &body, 6)
        maybe("token_type", ["default", "service", "batch", "", "default-batch", "x", .null], &body, 5)
        maybe("token_strictly_bind_ip", [true, false], &body, 10)
        maybe("policies", lists, &body, 15)
        maybe("ttl", [0, 30, "1h", .null], &body, 15)
        maybe("num_uses", [0, 3], &body, 15)
        maybe("bound_cidrs", ["10.0.0.1/32", []], &body, 15)
        maybe("bogus", ["x"], &body, 15)
    }

    private var lists: [JSONValue] {
        ["a", " a , B,,a", ["b", " a "], [" a ", "b,c", ""], [], "", .null, [1, true], 5, ["a": 1], [[1]], [.null]]
    }

    private mutating func kubernetesRole() -> JSONValue {
        var body: [String: JSONValue] = [:]
        if below(8) > 0 {
            body["bound_service_account_names"] = pick(["a", "a,b", ["a", " b "], ["*"], ["a"], ["a", "*"], [], ""])
        }
        if below(8) > 0 {
            body["bound_service_account_namespaces"] = pick(["n", ["n", "m"], ["n"], ["*"], "*,n", [], .null])
        }
        maybe("bound_service_account_namespace_selector", ["{\"matchLabels\":{\"a\":\"b\"}}", "", .null], &body, 6)
        maybe("audience", ["vault", " x ", "", .null, 5, true, [], ["a": 1]], &body)
        maybe("alias_name_source", ["serviceaccount_uid", "serviceaccount_name", "", .null, "x"], &body, 5)
        token(&body)
        return .object(body)
    }

    private mutating func jwtRole() -> JSONValue {
        var body: [String: JSONValue] = [:]
        if below(8) > 0 { body["role_type"] = pick(["jwt", "jwt", "jwt", "jwt", "x", "", .null]) }
        if below(4) > 0 { body["user_claim"] = pick(["sub", "sub", "sub", "", .null, 5]) }
        maybe("bound_audiences", ["x", " a , b", ["x", "y"], [" a ", ""], [""], [], "", .null], &body, 2)
        maybe("bound_subject", ["spiffe://td/ns/a", " s ", "", .null], &body)
        maybe(
            "bound_claims",
            [["a": 1], ["a": "b*"], ["a": ["x", "y"]], ["a": ["x", 1]], ["a": .null], [:], [], .null, "x"], &body, 5)
        maybe("bound_claims_type", ["string", "glob", "x", "", .null], &body)
        maybe(
            "claim_mappings",
            [["a": "b"], ["a": "x", "b": "x"], ["a": "role"], ["a": true], ["a": .null], [:], .null], &body, 5)
        for name in ["expiration_leeway", "not_before_leeway", "clock_skew_leeway"] {
            maybe(name, [0, -1, 5, "1m", "-5s", "1d", "", .null, "x", true], &body, 6)
        }
        maybe("groups_claim", ["g", "", .null], &body, 6)
        maybe("max_age", [0, "1h", .null], &body, 8)
        maybe("oidc_scopes", ["a,b", [], .null], &body, 8)
        maybe("callback_mode", ["client", "direct", "x", ""], &body, 8)
        maybe("user_claim_json_pointer", [true, false], &body, 10)
        maybe("allowed_redirect_uris", ["http://localhost:8250/x", []], &body, 8)
        token(&body)
        return .object(body)
    }

    private mutating func databaseRole() -> JSONValue {
        var body: [String: JSONValue] = [:]
        if below(5) > 0 { body["db_name"] = pick(["pg", " d ", "pg", "", .null, 5, ["d"]]) }
        for name in ["creation_statements", "revocation_statements", "renew_statements", "rollback_statements"] {
            maybe(
                name, [" a;b, c \n", [" y ", " "], ["x", "", "z\n"], [], "", .null, [1], 5, ["a": 1], [.null, "a"]],
                &body)
        }
        for name in ["default_ttl", "max_ttl"] {
            maybe(name, [0, 60, "1h", "30m", "1d", "", .null, "x", -1, "-1"], &body)
        }
        maybe("credential_type", ["password", "rsa_private_key", "x", "", .null], &body)
        maybe(
            "credential_config",
            [
                ["key_bits": "4096"], ["key_bits": 3072, "format": "pkcs8", "z": 1], ["key_bits": "17"],
                ["format": "x"], ["password_policy": "p"], ["password_policy": 5], [:], .null, "x",
            ], &body)
        maybe("bogus", ["x"], &body, 10)
        return .object(body)
    }

    /// Sets a field in one of `share` bodies.
    private mutating func maybe(
        _ name: String, _ values: [JSONValue], _ body: inout [String: JSONValue], _ share: Int = 4
    ) {
        if below(share) == 0 { body[name] = pick(values) }
    }

    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[below(elements.count)]
    }

    private mutating func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }
}
