import KubernetesModel
package import LanyardAPI
package import LanyardCore

/// The indices of the store of VaultRoleBindings.
package enum BindingIndex {
    /// Bindings by `namespace/identity` of their `workloadIdentityRef`.
    package static let identity = "identity"
    /// Bindings by each DatabaseRoleTemplate that they name.
    package static let template = "template"
    /// Bindings by each Vault path that their specs name, valid or not; none while they are being deleted.
    package static let vaultPath = "vaultPath"
    /// Bindings by each path that is read for what they take for granted; none while they are being deleted.
    package static let surveyedPath = "surveyedPath"
    /// The index of bindings by their namespace.
    package static let namespace = "namespace"

    /// All index functions of the store, by the name of the index.
    package static func all(settings: PlanningSettings) -> [String: @Sendable (VaultRoleBinding) -> [String]] {
        [
            identity: { binding in
                guard let reference = binding.spec.workloadIdentityRef else { return [] }
                return ["\(binding.metadata.namespace ?? "")/\(reference.name)"]
            },
            template: { binding in Set((binding.spec.databaseRoles ?? []).compactMap(\.template)).sorted() },
            vaultPath: { $0.metadata.isBeingDeleted ? [] : Array(BindingPaths.named(by: $0, settings: settings)) },
            surveyedPath: {
                $0.metadata.isBeingDeleted ? [] : Array(BindingPaths.surveyed(by: $0, settings: settings))
            },
            namespace: { [$0.metadata.namespace ?? ""] },
        ]
    }
}
