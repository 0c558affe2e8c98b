import KubernetesModel
import Testing

@testable import LanyardCore

@Suite("JWTAuthRole")
struct JWTAuthRoleTests {
    private static let subject = "spiffe://example.org/ns/shop/sa/web"
    private static let role = JWTAuthRole(
        boundSubject: subject, audiences: ["vault", "bao"], token: TokenFields(ttl: 3600, policies: ["shop"]))

    /// What OpenBao returns after the body was written.
    private static let stored: JSONValue = [
        "allowed_redirect_uris": [], "bound_audiences": ["bao", "vault"], "bound_claims": [:],
        "bound_claims_type": "string", "bound_subject": .string(subject), "callback_mode": "client",
        "claim_mappings": [:], "clock_skew_leeway": 0, "expiration_leeway": 0, "groups_claim": "", "max_age": 0,
        "not_before_leeway": 0, "oauth2_metadata": .null, "oidc_disable_confirmation": false, "oidc_scopes": [],
        "role_type": "jwt", "token_bound_cidrs": [], "token_explicit_max_ttl": 0, "token_max_ttl": 0,
        "token_no_default_policy": false, "token_num_uses": 0, "token_period": 0, "token_policies": ["shop"],
        "token_policies_template_claims": false, "token_strictly_bind_ip": false, "token_ttl": 3600,
        "token_type": "default", "user_claim": "sub", "user_claim_json_pointer": false, "verbose_oidc_logging": false,
    ]

    private static func fields(_ field: String, _ value: JSONValue?) -> [String] {
        var data = stored
        data[field] = value
        return role.differences(from: data).map(\.field)
    }

    @Test("what was written does not differ")
    func same() {
        #expect(Self.role.differences(from: Self.stored).isEmpty)
    }

    @Test("the body says what the server would otherwise choose: a JWT role, user claim, subject, exact claims")
    func body() {
        let body = Self.role.body
        #expect(body["role_type"] == "jwt")
        #expect(body["user_claim"] == "sub")
        #expect(body["bound_subject"] == .string(Self.subject))
        #expect(body["bound_audiences"] == ["bao", "vault"])
        #expect(body["bound_claims_type"] == "string")
        #expect(body["bound_claims"] == [:])
        #expect(body["token_policies_template_claims"] == false)
        #expect(body["token_policies"] == ["shop"])
    }

    @Test("one for nobody in particular lets in every SPIFFE ID, and is not right for any server (threat T12)")
    func nobody() {
        var role = Self.role
        #expect(role.violations == [])
        role.boundSubject = ""
        #expect(role.violations.map(\.field) == ["spec.jwtAuth"])
    }

    @Test("a field that is compared is also sent, or falls back when it is not")
    func sent() throws {
        let sent = try #require(Self.role.body.object).keys
        let resets = ["callback_mode", "oidc_disable_confirmation"]
        for field in try #require(Self.stored.object).keys where field != "oauth2_metadata" && !resets.contains(field) {
            #expect(sent.contains(field), "\(field)")
        }
    }

    @Test(
        "a missing or null field is its zero or default",
        arguments: [
            "allowed_redirect_uris", "bound_claims", "bound_claims_type", "callback_mode", "claim_mappings",
            "clock_skew_leeway", "expiration_leeway", "groups_claim", "max_age", "not_before_leeway",
            "oidc_disable_confirmation", "oidc_scopes", "role_type", "token_policies_template_claims", "token_type",
            "user_claim_json_pointer", "verbose_oidc_logging",
        ])
    func missing(field: String) {
        #expect(Self.fields(field, nil).isEmpty)
        #expect(Self.fields(field, .null).isEmpty)
    }

    @Test(
        "what would let in others, or give them more, differs (threats T10, T12, T13)",
        arguments: [
            ("bound_subject", "spiffe://example.org/ns/other/sa/web"), ("bound_subject", ""),
            ("bound_subject", " spiffe://example.org/ns/shop/sa/web"), ("bound_audiences", []),
            ("bound_audiences", ["vault", "bao", "other"]), ("bound_claims", ["sub": "spiffe://*"]),
            ("bound_claims_type", "glob"), ("user_claim", "aud"), ("user_claim_json_pointer", true),
            ("groups_claim", "groups"), ("claim_mappings", ["sub": "who"]), ("role_type", "oidc"),
            ("allowed_redirect_uris", ["http://localhost"]), ("expiration_leeway", -1), ("not_before_leeway", -1),
            ("clock_skew_leeway", -1), ("token_policies_template_claims", true), ("token_policies", ["shop", "admin"]),
            ("policies", ["admin"]), ("token_period", 60), ("token_bound_cidrs", ["10.0.0.0/8"]),
        ] as [(String, JSONValue)])
    func drift(field: String, value: JSONValue) {
        #expect(Self.fields(field, value) == [field])
    }

    @Test("bound claims, of which none is wanted, differ whatever their form")
    func claims() {
        #expect(Self.fields("bound_claims", ["a": "b"]) == ["bound_claims"])
        #expect(Self.fields("bound_claims", ["a": ["b"]]) == ["bound_claims"])
        #expect(Self.fields("bound_claims", [:]).isEmpty)
    }

    @Test("a leeway of -1 is not the default, though both leave the SVID's times to the server")
    func leeway() {
        #expect(Self.fields("expiration_leeway", 0).isEmpty)
        #expect(Self.fields("expiration_leeway", -1) == ["expiration_leeway"])
    }
}
