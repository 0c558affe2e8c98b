import KubernetesModel

/// The `token_…` fields that roles of all auth methods have, with their deprecated twins.
enum TokenParameters {
    /// The longest lease of a mount that is not tuned: 32 days.
    static let maxLease: Int64 = 768 * 3600

    private static let lists = ["token_bound_cidrs", "token_policies"]
    private static let durations = ["token_ttl", "token_max_ttl", "token_period", "token_explicit_max_ttl"]
    /// Fields that once had a name without `token_`.
    private static let withTwin = [
        "token_bound_cidrs", "token_policies", "token_ttl", "token_max_ttl", "token_period", "token_num_uses",
    ]

    /// What a role has before anything is set.
    static func defaults(_ flavour: VaultFlavour) -> [String: JSONValue] {
        var fields: [String: JSONValue] = [
            "token_bound_cidrs": [], "token_explicit_max_ttl": 0, "token_max_ttl": 0,
            "token_no_default_policy": false, "token_num_uses": 0, "token_period": 0, "token_policies": [],
            "token_ttl": 0, "token_type": "default",
        ]
        if flavour == .openBao { fields["token_strictly_bind_ip"] = false }
        return fields
    }

    /// Takes over what the request has and checks the result.
    ///
    /// - Returns: the server's warnings.
    static func merge(
        _ request: RequestFields, into fields: inout [String: JSONValue], _ flavour: VaultFlavour
    ) throws(Refusal) -> [String] {
        for name in lists + durations + ["token_num_uses"] {
            if let value = try value(of: name, as: name, request) { fields[name] = value }
        }
        if let uses = fields["token_num_uses"]?.integer, uses < 0, request.values["token_num_uses"] != nil {
            throw Refusal("'token_num_uses' cannot be negative")
        }
        for name in ["token_no_default_policy", "token_strictly_bind_ip"] where fields[name] != nil {
            if let value = try request.bool(name) { fields[name] = .bool(value) }
        }
        if let type = try request.string("token_type") {
            guard ["", "default", "service", "batch"].contains(type) else {
                throw Refusal("invalid 'token_type' value \"\(type)\"")
            }
            fields["token_type"] = .string(type.isEmpty ? "default" : type)
        }
        try checkBeforeTwins(fields)
        try mergeTwins(request, &fields)
        return try checkAfterTwins(fields)
    }

    /// The warnings of a write that has any: only then does the server also name the parameters that it does not know.
    static func complete(
        _ warnings: [String], _ request: RequestFields, _ fields: [String: JSONValue]
    ) -> [String] {
        guard !warnings.isEmpty else { return [] }
        let known = Set(fields.keys).union(withTwin.map { String($0.dropFirst("token_".count)) }).union(["name"])
        let unknown = request.values.keys.filter { !known.contains($0) }.sorted()
        if unknown.isEmpty { return warnings }
        let names = unknown.joined(separator: " ")
        return warnings + ["Endpoint ignored these unrecognized parameters: [\(names)]"]
    }

    /// The value of a field of the request, converted as `name` is.
    private static func value(
        of field: String, as name: String, _ request: RequestFields
    ) throws(Refusal) -> JSONValue? {
        if durations.contains(name) { return try request.duration(field).map(JSONValue.integer) }
        if name == "token_num_uses" { return try request.int(field).map(JSONValue.integer) }
        guard let values = try request.list(field) else { return nil }
        guard name == "token_bound_cidrs" else { return .array(values.map(JSONValue.string)) }
        var blocks: [JSONValue] = []
        for value in values {
            guard let block = AddressBlock.normalized(value) else {
                throw Refusal("error parsing address \"\(value)\"")
            }
            blocks.append(.string(block))
        }
        return .array(blocks)
    }

    /// A deprecated twin that is written alone sets both; written with its successor it follows it; the successor
    /// written alone removes it.
    private static func mergeTwins(_ request: RequestFields, _ fields: inout [String: JSONValue]) throws(Refusal) {
        for name in withTwin {
            let twin = String(name.dropFirst("token_".count))
            let isNameGiven = try value(of: name, as: name, request) != nil
            if var value = try value(of: twin, as: name, request) {
                if twin == "policies" { value = sanitized(value) }
                fields[twin] = isNameGiven ? fields[name] : value
                if !isNameGiven { fields[name] = value }
            } else if isNameGiven {
                fields[twin] = nil
            }
            if fields[twin] == [] || fields[twin] == 0 { fields[twin] = nil }
        }
    }

    /// The deprecated list of policies, unlike its successor, is folded, sorted and rid of duplicates at once.
    private static func sanitized(_ policies: JSONValue) -> JSONValue {
        var names = Set((policies.array ?? []).compactMap { $0.string?.lowercased() })
        names.remove("")
        if names.contains("root") { return ["root"] }
        return .array(names.sorted().map(JSONValue.string))
    }

    private static func checkBeforeTwins(_ fields: [String: JSONValue]) throws(Refusal) {
        func number(_ name: String) -> Int64 { fields[name]?.integer ?? 0 }
        if fields["token_type"] == "batch" {
            if number("token_period") != 0 {
                throw Refusal(
                    "'token_type' cannot be 'batch' or 'default_batch' when set to generate periodic tokens")
            }
            if number("token_num_uses") != 0 {
                throw Refusal(
                    "'token_type' cannot be 'batch' or 'default_batch' when set to generate tokens with limited use count"
                )
            }
        }
        if number("token_max_ttl") > 0, number("token_ttl") > number("token_max_ttl") {
            throw Refusal("'token_ttl' cannot be greater than 'token_max_ttl'")
        }
        if fields["token_strictly_bind_ip"] == true, fields["token_bound_cidrs"]?.array?.isEmpty == false {
            throw Refusal("'token_strictly_bind_ip' conflicts with 'token_bound_cidrs'; set only one")
        }
    }

    private static func checkAfterTwins(_ fields: [String: JSONValue]) throws(Refusal) -> [String] {
        func number(_ name: String) -> Int64 { fields[name]?.integer ?? 0 }
        if number("token_period") > maxLease {
            throw Refusal("token period is greater than the backend's maximum lease TTL")
        }
        if number("token_max_ttl") > 0, number("token_ttl") > number("token_max_ttl") {
            throw Refusal("token ttl should not be greater than token max ttl")
        }
        guard number("token_max_ttl") > maxLease else { return [] }
        return ["token max ttl is greater than the system or backend mount's maximum TTL value"]
    }
}
