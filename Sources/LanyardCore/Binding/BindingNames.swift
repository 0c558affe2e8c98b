import KubernetesModel
import LanyardAPI

/// The names that a binding has in Vault.
struct BindingNames: Equatable {
    /// Name of the auth role; nil when the spec gives a wrong one.
    var role: String?
    /// Name of the policy; nil when the spec gives a wrong one.
    var policy: String?

    /// Takes the names from a spec, or derives them: `lanyard.<cluster>.<namespace>.<name>`.
    ///
    /// At most 389 bytes are derived, which every server takes.
    init(of binding: VaultRoleBinding, settings: PlanningSettings, check: inout SpecCheck) {
        role = Self.derived(for: binding, settings: settings)
        if let name = binding.spec.roleName {
            let violation =
                VaultName.violation(inRoleName: name)
                ?? Self.reservation(of: name, binding: binding, settings: settings)
            if let violation { check.invalid("spec.roleName", violation) }
            role = violation == nil ? name : nil
        }
        policy = role
        if let name = binding.spec.policyName {
            let violation =
                VaultName.violation(inPolicyName: name)
                ?? Self.reservation(of: name, binding: binding, settings: settings)
            if let violation { check.invalid("spec.policyName", violation) }
            policy = violation == nil ? name : nil
        } else if let name = role, binding.spec.roleName != nil, let violation = VaultName.violation(inPolicyName: name)
        {
            check.invalid("spec.roleName", "\(violation), as the policy is named like the role")
            policy = nil
        }
    }

    /// The name of role and policy of a binding that does not say one.
    static func derived(for binding: VaultRoleBinding, settings: PlanningSettings) -> String {
        prefix(of: binding, settings: settings) + binding.metadata.name
    }

    /// Whose a name is that this binding must not take; nil when nobody's.
    ///
    /// Names under `lanyard.` are derived ones: they belong to the namespace that they name, or an author could take
    /// a name before another namespace's binding needs it.
    static func reservation(
        of name: String, binding: VaultRoleBinding, settings: PlanningSettings
    ) -> String? {
        if settings.reservedVaultNames.contains(name) { return "must not be a name of the operator's own" }
        let own = prefix(of: binding, settings: settings)
        guard name.hasPrefix("lanyard."), !name.hasPrefix(own) else { return nil }
        return "must begin with \(own) if it begins with lanyard., as other such names belong to others"
    }

    /// How derived names begin: `lanyard.<cluster>.<namespace>.`
    static func prefix(of binding: VaultRoleBinding, settings: PlanningSettings) -> String {
        prefix(settings) + "\(binding.metadata.namespace ?? "")."
    }

    /// How those of a cluster begin: `lanyard.<cluster>.`
    private static func prefix(_ settings: PlanningSettings) -> String { "lanyard.\(settings.clusterName)." }

    /// The binding from which a name is derived; nil when it is from none.
    static func binding(derivedName name: String, settings: PlanningSettings) -> ObjectKey? {
        // In a database role's name an underscore follows, which no binding's name has.
        let parts = name.prefix { $0 != "_" }
        guard parts.hasPrefix(prefix(settings)) else { return nil }
        let names = parts.dropFirst(prefix(settings).count).split(
            separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard names.count == 2, names.allSatisfy({ !$0.isEmpty }) else { return nil }
        return ObjectKey(namespace: String(names[0]), name: String(names[1]))
    }
}
