import KubernetesModel
import LanyardAPI

/// Objects that somebody has just created, and what a platform team has allowed before.
extension Workload {
    static func newIdentity(_ index: Int) -> WorkloadIdentity {
        WorkloadIdentity(metadata: newMetadata(index), spec: identity(index).spec)
    }

    /// For that identity: with a policy, an auth role and a database role.
    static func newBinding(_ index: Int) -> VaultRoleBinding {
        var role = DatabaseRole(name: "main")
        role.connection = "postgres"
        role.statements = .init(
            creation: [
                #"CREATE ROLE "{{name}}" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'"#
            ])
        role.defaultTTL = "1h"
        role.maxTTL = "24h"
        var spec = VaultRoleBindingSpec()
        spec.workloadIdentityRef = .init(name: "web-\(index)")
        spec.access = Access(kv: [KVAccess(path: "web-\(index)/current/*", permissions: ["Read"])])
        spec.databaseRoles = [role]
        return VaultRoleBinding(metadata: newMetadata(index), spec: spec)
    }

    private static func newMetadata(_ index: Int) -> ObjectMeta {
        var metadata = Self.metadata(index)
        metadata.resourceVersion = nil
        metadata.finalizers = nil
        return metadata
    }

    /// What all namespaces may ask for.
    static var boundary: IdentityBoundary {
        var identity = IdentityBoundarySpec.Identity()
        identity.spiffeIDs = ["/ns/{namespace}/*"]
        var vault = IdentityBoundarySpec.Vault()
        vault.names = ["*"]
        let capabilities = ["create", "read", "update", "patch", "delete", "list"]
        vault.paths = ["secret/*", "database/*"].map { .init(path: $0, capabilities: capabilities) }
        vault.databases = [.init(mount: "database", connection: "postgres", inlineStatements: true)]
        var spec = IdentityBoundarySpec()
        spec.namespaces = .init(names: ["*"])
        spec.identity = identity
        spec.vault = vault
        return IdentityBoundary(metadata: ObjectMeta(name: "bench"), spec: spec)
    }

    /// The namespaces that there are.
    static var namespaces: [NamespaceMetadata] {
        (0..<100).map { NamespaceMetadata(metadata: ObjectMeta(name: "team-\($0)", uid: uuid($0))) }
    }

    /// The connection of the database roles, as Vault shows it.
    static let connection: (path: String, data: JSONValue) = (
        "database/config/postgres",
        [
            "plugin_name": "postgresql-database-plugin", "allowed_roles": ["*"],
            "connection_details": ["username": "owner"],
        ]
    )
}
