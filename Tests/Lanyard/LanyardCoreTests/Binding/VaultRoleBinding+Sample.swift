import KubernetesModel
import LanyardAPI
import LanyardCore

extension VaultRoleBinding {
    /// `web` in `shop` for the ServiceAccount `web`, with a spec that the caller changes.
    static func sample(
        namespace: String? = "shop", name: String = "web", _ fill: (inout VaultRoleBindingSpec) -> Void = { _ in }
    ) -> VaultRoleBinding {
        var spec = VaultRoleBindingSpec()
        spec.serviceAccountNames = ["web"]
        fill(&spec)
        return VaultRoleBinding(metadata: ObjectMeta(name: name, namespace: namespace), spec: spec)
    }
}

extension DatabaseRole {
    /// A role that nothing is wrong with, changed by the caller.
    static func sample(_ name: String = "reader", _ fill: (inout DatabaseRole) -> Void = { _ in }) -> DatabaseRole {
        var role = DatabaseRole(name: name)
        role.connection = "postgres"
        role.statements = .init(creation: ["CREATE ROLE \"{{name}}\";"])
        fill(&role)
        return role
    }
}
