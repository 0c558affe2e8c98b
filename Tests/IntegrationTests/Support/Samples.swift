import KubernetesModel
import LanyardAPI

/// Resources that tests apply.
enum Samples {
    static func identity(_ name: String, in namespace: String) -> WorkloadIdentity {
        WorkloadIdentity(metadata: ObjectMeta(name: name, namespace: namespace))
    }

    /// A binding for the identity of its own name, with access to secrets and, if asked for, a database.
    static func binding(_ name: String, in namespace: String, withDatabase: Bool = false) -> VaultRoleBinding {
        var spec = VaultRoleBindingSpec()
        spec.workloadIdentityRef = .init(name: name)
        spec.access = Access(kv: [KVAccess(path: "\(namespace)/\(name)/*", permissions: ["Read", "List"])])
        if withDatabase { spec.databaseRoles = [databaseRole] }
        return VaultRoleBinding(metadata: ObjectMeta(name: name, namespace: namespace), spec: spec)
    }

    /// A policy and an auth role for a ServiceAccount, whose tokens live for ten minutes, and a database if asked for.
    static func plainBinding(_ name: String, in namespace: String, withDatabase: Bool = false) -> VaultRoleBinding {
        var spec = VaultRoleBindingSpec()
        spec.serviceAccountNames = [name]
        spec.token = TokenSettings()
        spec.token?.ttl = "10m"
        spec.access = Access(kv: [KVAccess(path: "\(namespace)/\(name)/*", permissions: ["Read"])])
        if withDatabase { spec.databaseRoles = [databaseRole] }
        return VaultRoleBinding(metadata: ObjectMeta(name: name, namespace: namespace), spec: spec)
    }

    /// A role `main` that makes a user for each lease.
    private static var databaseRole: DatabaseRole {
        var role = DatabaseRole(name: "main")
        role.connection = "temporal-postgres"
        role.statements = .init(
            creation: ["CREATE ROLE \"{{name}}\" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'"],
            revocation: ["DROP ROLE IF EXISTS \"{{name}}\""])
        role.defaultTTL = "1h"
        return role
    }

    /// A role for a user that there is, whose password Vault changes once a day.
    static func staticRole(_ name: String, for user: String) -> DatabaseRole {
        var role = DatabaseRole(name: name)
        role.connection = "temporal-postgres"
        role.static = .init(username: user, rotationPeriod: "24h")
        return role
    }
}
