package import LanyardAPI

/// Turns the token settings of a binding into the `token_…` fields of its auth roles.
package enum TokenPlanner {
    /// The most networks and the most extra policies (threat T22).
    package static let maximumListLength = 64

    /// The fields, with the server's defaults where the spec is silent, or what is wrong with the spec.
    ///
    /// Checks what the server would refuse (`ttl` above `maxTTL`, batch tokens with a period or a number of uses).
    /// Whether lifetimes, periods and extra policies are allowed is the boundary's to say.
    ///
    /// - Parameter policies: the policies that tokens get beside `extraPolicies`.
    package static func fields(
        for token: TokenSettings?, policies: [String]
    ) -> (fields: TokenFields, violations: [SpecViolation]) {
        guard let token else { return (TokenFields(policies: Set(policies).sorted()), []) }
        var violations: [SpecViolation] = []
        func violate(_ field: String, _ message: String) {
            violations.append(SpecViolation(kind: .invalid, field: "spec.token.\(field)", message: message))
        }
        func seconds(_ text: String?, _ field: String) -> Int {
            guard let text else { return 0 }
            switch VaultDuration.seconds(ofSpec: text) {
            case .success(let seconds): return seconds
            case .failure(let violation):
                violate(field, violation.message)
                return 0
            }
        }
        var fields = TokenFields(
            ttl: seconds(token.ttl, "ttl"), maxTTL: seconds(token.maxTTL, "maxTTL"),
            boundCIDRs: (token.boundCIDRs ?? []).sorted(), noDefaultPolicy: token.noDefaultPolicy ?? false,
            policies: Set(policies + (token.extraPolicies ?? [])).sorted())
        fields.explicitMaxTTL = seconds(token.explicitMaxTTL, "explicitMaxTTL")
        fields.period = seconds(token.period, "period")
        fields.numUses = token.numUses ?? 0
        fields.type = token.type ?? "default"
        if fields.maxTTL > 0, fields.ttl > fields.maxTTL { violate("ttl", "must not be longer than maxTTL") }
        if !(0...Int(Int32.max)).contains(fields.numUses) {
            violate("numUses", "must not be negative or above 2³¹ - 1")
        }
        if !["default", "service", "batch"].contains(fields.type) {
            violate("type", "must be one of default, service, batch")
        }
        if fields.type == "batch", fields.period > 0 { violate("period", "must not be given for batch tokens") }
        if fields.type == "batch", fields.numUses > 0 { violate("numUses", "must not be given for batch tokens") }
        check(token.boundCIDRs ?? [], "boundCIDRs", violate) {
            IPNetwork($0) == nil ? "must be an IP address or a network such as 10.0.0.0/8" : nil
        }
        check(token.extraPolicies ?? [], "extraPolicies", violate, VaultName.violation(inPolicyReference:))
        return (fields, violations)
    }

    private static func check(
        _ list: [String], _ field: String, _ violate: (String, String) -> Void, _ violation: (String) -> String?
    ) {
        guard list.count <= maximumListLength else {
            return violate(field, "must not have more than \(maximumListLength) entries")
        }
        for (index, entry) in list.enumerated() {
            if let message = violation(entry) { violate("\(field)[\(index)]", message) }
        }
    }
}
