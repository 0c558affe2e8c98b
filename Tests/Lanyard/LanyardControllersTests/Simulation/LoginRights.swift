import KubernetesModel
import LanyardCore

/// What a login can do: the rules of all policies that its role names, as the server adds them up.
struct LoginRights {
    /// The API path of the auth role.
    let role: String
    /// The rules that grant something.
    let rules: [PolicyRule]

    /// The logins of pods of a namespace.
    ///
    /// - Throws: when the text of a policy is not understood.
    static func all(ofNamespace namespace: String, in objects: [String: JSONValue]) throws -> [LoginRights] {
        try objects.sorted { $0.key < $1.key }.filter { path, role in
            path.hasPrefix("auth/") && admits(role, namespace)
        }.map { path, role in
            let policies = role["token_policies"]?.array?.compactMap(\.string) ?? []
            let rules = try policies.flatMap { name in
                // A policy that there is not grants nothing.
                try PolicyDocument(parsing: objects["sys/policies/acl/\(name)"]?["policy"]?.string ?? "").rules
            }
            return LoginRights(role: path, rules: rules.filter { !$0.capabilities.isSubset(of: [.deny]) })
        }
    }

    /// The database roles whose credentials can be read.
    var databaseRoles: [String] { rules.compactMap { TenantFence.databaseRole(readBy: $0.path) } }

    private static func admits(_ role: JSONValue, _ namespace: String) -> Bool {
        role["bound_service_account_namespaces"]?.array?.contains(.string(namespace)) == true
            || role["bound_subject"]?.string?.contains("/ns/\(namespace)/") == true
    }
}
