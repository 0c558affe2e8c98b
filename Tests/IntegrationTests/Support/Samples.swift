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
        if withDatabase {
            var role = DatabaseRole(name: "main")
            role.connection = "temporal-postgres"
            role.statements = .init(
                creation: ["CREATE ROLE \"{{name}}\" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'"],
                revocation: ["DROP ROLE IF EXISTS \"{{name}}\""])
            role.defaultTTL = "1h"
            spec.databaseRoles = [role]
        }
        return VaultRoleBinding(metadata: ObjectMeta(name: name, namespace: namespace), spec: spec)
    }

    /// A policy and an auth role for a ServiceAccount, whose tokens live for ten minutes.
    static func plainBinding(_ name: String, in namespace: String) -> VaultRoleBinding {
        var spec = VaultRoleBindingSpec()
        spec.serviceAccountNames = [name]
        spec.token = TokenSettings()
        spec.token?.ttl = "10m"
        spec.access = Access(kv: [KVAccess(path: "\(namespace)/\(name)/*", permissions: ["Read"])])
        return VaultRoleBinding(metadata: ObjectMeta(name: name, namespace: namespace), spec: spec)
    }
}
