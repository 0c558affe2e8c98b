import KubernetesModel
import LanyardAPI
import LanyardCore

/// All that the desired access of a binding depends on within one process: its spec, what its identity came to, and the
/// templates that it names.
struct SubjectedGeneration: Hashable, Sendable {
    private let generation: Int64?
    private let serviceAccounts: [String]
    private let spiffeID: String?
    private let templates: [VaultRoleBindingStatus.TemplateVersion]

    /// The state that a binding is in with an access.
    init(of binding: VaultRoleBinding, with access: DesiredAccess) {
        generation = binding.metadata.generation
        serviceAccounts = access.serviceAccounts
        spiffeID = access.spiffeID?.description
        templates = access.templates
    }
}
