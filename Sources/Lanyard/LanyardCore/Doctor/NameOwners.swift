package import KubernetesModel
package import LanyardAPI

/// Who may have names in Vault: what records claim, and what bindings there are.
package struct NameOwners: Equatable, Sendable {
    /// The paths that OwnershipRecords claim.
    package var claimed: Set<String> = []
    private var bindings: Set<ObjectKey> = []
    /// Names that specs say, in place of derived ones.
    private var names: Set<String> = []
    /// Namespaces with a binding that cannot be read: which names it has is not known.
    private var opaqueNamespaces: Set<String> = []
    /// The namespaces that were looked at; none when all were.
    private let namespaces: Set<String>

    /// Nobody has a name yet.
    package init(namespaces: [String] = []) { self.namespaces = Set(namespaces) }

    /// Notes a binding that there is.
    package mutating func add(_ binding: DecodedObject<VaultRoleBinding>) {
        bindings.insert(binding.key)
        switch binding {
        case .undecodable(let object): opaqueNamespaces.insert(object.key.namespace ?? "")
        case .object(let binding):
            names.formUnion([binding.spec.roleName, binding.spec.policyName].compactMap { $0 })
            names.formUnion((binding.spec.databaseRoles ?? []).compactMap(\.vaultName))
        }
    }

    /// Whether an object has a derived name, and is surely nobody's.
    func isLeftover(_ name: String, below listing: String, settings: PlanningSettings) -> Bool {
        guard !claimed.contains("\(listing)/\(name)"),
            let key = BindingNames.binding(derivedName: name, settings: settings), let namespace = key.namespace,
            namespaces.isEmpty || namespaces.contains(namespace), !opaqueNamespaces.contains(namespace)
        else { return false }
        return !bindings.contains(key) && !names.contains { name == $0 || name.hasPrefix("\($0)_") }
    }
}
