import KubernetesModel

/// `auth/<mount>/config` of the Kubernetes auth method: every write replaces it as a whole.
enum KubernetesConfig: ObjectRules {
    static func merge(
        _ request: RequestFields, into existing: [String: JSONValue]?, at address: ObjectAddress,
        _ flavour: InMemoryVault.Flavour
    ) throws(Refusal) -> (fields: [String: JSONValue], warnings: [String]) {
        let host = try request.string("kubernetes_host") ?? ""
        guard !host.isEmpty else { throw Refusal("no host provided") }
        let authority = try request.string("kubernetes_ca_cert") ?? ""
        let isLocalDisabled = try request.bool("disable_local_ca_jwt") ?? false
        if authority.isEmpty {
            // The server is not in a pod.
            throw Refusal(
                isLocalDisabled
                    ? "kubernetes_ca_cert must be given when disable_local_ca_jwt is true" : "no such file or directory"
            )
        }
        let token = try request.string("token_reviewer_jwt") ?? ""
        return (
            [
                "kubernetes_host": .string(host), "kubernetes_ca_cert": .string(authority),
                "pem_keys": .array((try request.list("pem_keys") ?? []).map(JSONValue.string)),
                "issuer": .string(try request.string("issuer") ?? ""),
                "disable_iss_validation": .bool(try request.bool("disable_iss_validation") ?? true),
                "disable_local_ca_jwt": .bool(isLocalDisabled), "token_reviewer_jwt_set": .bool(!token.isEmpty),
            ], []
        )
    }
}
