package import KubernetesModel

/// A role of the JWT auth method: the one SPIFFE ID whose JWT-SVIDs may log in, and the tokens that they get.
package struct JWTAuthRole: VaultObject {
    /// The SPIFFE ID, compared by the server byte by byte.
    package var boundSubject: String
    /// Audiences of which a JWT-SVID must have one. Without any, the server refuses every JWT that has an audience.
    package var audiences: [String]
    /// What the tokens of a login can do, and for how long.
    package var token: TokenFields

    /// Tokens have the server's defaults where nothing is said of them.
    package init(boundSubject: String, audiences: [String], token: TokenFields = TokenFields()) {
        self.boundSubject = boundSubject
        self.audiences = audiences
        self.token = token
    }

    /// The whole managed field set, zeros included: a write merges, so what is left out would keep its old value.
    /// `role_type` and `bound_claims_type` would fall back to their defaults instead.
    package var body: JSONValue {
        var members = token.members
        members["role_type"] = "jwt"
        members["user_claim"] = "sub"
        members["bound_subject"] = .string(boundSubject)
        members["bound_audiences"] = .array(audiences.sorted().map(JSONValue.string))
        members["bound_claims_type"] = "string"
        for field in Self.unsetMaps { members[field] = [:] }
        for field in Self.unsetLists { members[field] = [] }
        for field in Self.unsetNumbers { members[field] = 0 }
        for field in Self.unsetFlags { members[field] = false }
        members["groups_claim"] = ""
        return .object(members)
    }

    /// The fields in which a role differs from this one, sorted; empty means that no write is needed.
    ///
    /// - Parameter actual: the `data` of a read.
    package func differences(from actual: JSONValue) -> [FieldDifference] {
        var comparison = FieldComparison(of: actual)
        comparison.text("role_type", wanted: "jwt", default: "jwt")
        comparison.text("user_claim", wanted: "sub")
        comparison.text("bound_subject", wanted: boundSubject)
        comparison.set("bound_audiences", wanted: audiences)
        comparison.text("bound_claims_type", wanted: "string", default: "string")
        comparison.text("callback_mode", wanted: "client", default: "client")
        comparison.unset(
            Self.unsetMaps + Self.unsetLists + Self.unsetNumbers + Self.unsetFlags
                + ["groups_claim", "oidc_disable_confirmation"])
        token.compare(in: &comparison)
        return comparison.differences
    }

    /// What no server should be given: without a subject it lets in whoever has a JWT-SVID for one of the audiences (threat T12).
    /// This is the last check before the body.
    package var violations: [SpecViolation] {
        guard boundSubject.isEmpty else { return [] }
        return [
            SpecViolation(
                kind: .invalid, field: "spec.jwtAuth",
                message: "needs an identity with one SPIFFE ID for all nodes and pods")
        ]
    }

    // What would let in more than the one subject, or give its tokens more than the one policy.
    private static let unsetMaps = ["bound_claims", "claim_mappings"]
    private static let unsetLists = ["allowed_redirect_uris", "oidc_scopes"]
    private static let unsetNumbers = ["expiration_leeway", "not_before_leeway", "clock_skew_leeway", "max_age"]
    private static let unsetFlags = [
        "user_claim_json_pointer", "verbose_oidc_logging", "token_policies_template_claims",
    ]
}
