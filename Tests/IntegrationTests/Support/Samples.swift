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
}
