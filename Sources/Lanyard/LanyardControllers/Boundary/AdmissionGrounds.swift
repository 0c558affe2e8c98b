import KubernetesModel
import LanyardAPI
import LanyardCore

/// What the admission of an identity depends on beside it.
struct IdentityGrounds: Equatable, Sendable {
    let boundary: EffectiveBoundary
    let reservedIDs: Set<SPIFFEID>
}

/// What the admission of a binding depends on beside it.
struct BindingGrounds: Equatable, Sendable {
    /// Who gets the access; nil while that is not known.
    let subject: SubjectResolution?
    let boundary: EffectiveBoundary
    let reservedNames: Set<String>
    /// Those of the templates that it names which there are.
    let templates: [String: DatabaseRoleTemplate]
}

/// What it depends on, beside its own spec, whether a binding is accepted, as the API server has it. Caches may lag: what is
/// taken away on their word may have been allowed for a while.
struct LiveInputs: Sendable {
    /// What holds in its namespace.
    let boundary: EffectiveBoundary
    /// The identity that it names; nil when there is none.
    let identity: WorkloadIdentity?
    /// The templates that it names.
    let templates: TemplateLookup
}

/// What an admission is decided on is read once: what changes meanwhile has no part in it.
extension BoundaryBook {
    /// What an identity is admitted on now.
    ///
    /// - Parameter boundary: what holds in its namespace; what the caches say when nil.
    func grounds(for identity: WorkloadIdentity, within boundary: EffectiveBoundary? = nil) -> IdentityGrounds {
        let namespace = identity.metadata.namespace
        return IdentityGrounds(
            boundary: boundary ?? effective(inNamespace: namespace), reservedIDs: reservedIDs(inNamespace: namespace))
    }

    /// What a binding is admitted on now.
    ///
    /// - Parameter inputs: what was read for it; what the caches say when nil.
    func grounds(
        for binding: VaultRoleBinding, subject: SubjectResolution?, given inputs: LiveInputs? = nil
    ) -> BindingGrounds {
        let template = inputs?.templates ?? templates
        let names = Set((binding.spec.databaseRoles ?? []).compactMap(\.template))
        return BindingGrounds(
            subject: subject, boundary: inputs?.boundary ?? effective(inNamespace: binding.metadata.namespace),
            reservedNames: reservedNames, templates: names.reduce(into: [:]) { $0[$1] = template($1) })
    }
}
