import KubernetesModel

/// `<mount>/config/urls` of the PKI engine.
enum PKIURLs: ObjectRules {
    private static let lists = [
        "issuing_certificates", "crl_distribution_points", "delta_crl_distribution_points", "ocsp_servers",
    ]

    /// What is there before the first write.
    static let none: [String: JSONValue] = [
        "issuing_certificates": [], "crl_distribution_points": [], "delta_crl_distribution_points": [],
        "ocsp_servers": [], "enable_templating": false,
    ]

    static func merge(
        _ request: RequestFields, into existing: [String: JSONValue]?, at address: ObjectAddress,
        _ flavour: InMemoryVault.Flavour
    ) throws(Refusal) -> (fields: [String: JSONValue], warnings: [String]) {
        var fields = existing ?? none
        if let value = try request.bool("enable_templating") { fields["enable_templating"] = .bool(value) }
        for name in lists {
            guard let values = try request.list(name) else { continue }
            for value in values where fields["enable_templating"] != true && !value.contains("://") {
                throw Refusal("invalid URL found in Authority Information Access (AIA) parameter \(name): \(value)")
            }
            fields[name] = .array(values.map(JSONValue.string))
        }
        return (fields, [])
    }
}
