import ControllerRuntime
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
    let subject: SubjectResolution
    let boundary: EffectiveBoundary
    let reservedNames: Set<String>
    let templates: [String: DatabaseRoleTemplate]
}

/// Admissions of objects that are in the way of another one, which cost their tenant's text once, not once for each other.
extension BoundaryBook {
    /// What should exist for an identity that is in the way of another object; nil when it is refused.
    func desired(for rival: WorkloadIdentity, in store: Store<WorkloadIdentity>) async -> DesiredIdentity? {
        let namespace = rival.metadata.namespace
        let grounds = IdentityGrounds(
            boundary: effective(inNamespace: namespace), reservedIDs: reservedIDs(inNamespace: namespace))
        return await identityVerdicts.verdict(on: rival, given: grounds, in: store) {
            try? self.admit(rival, within: grounds.boundary).get()
        }
    }

    /// The policy of a binding that is in the way of another one; nil when it is refused.
    func policyPath(
        of rival: VaultRoleBinding, subject: SubjectResolution, in store: Store<VaultRoleBinding>
    ) async -> String? {
        let names = Set((rival.spec.databaseRoles ?? []).compactMap(\.template))
        let grounds = BindingGrounds(
            subject: subject, boundary: effective(inNamespace: rival.metadata.namespace),
            reservedNames: reservedNames,
            templates: names.reduce(into: [:]) { $0[$1] = templates($1) })
        return await bindingVerdicts.verdict(on: rival, given: grounds, in: store) {
            try? self.admit(rival, subject: subject).get().policyPath
        }
    }

    /// How often objects were decided on because they are in the way of others.
    package var timesDecidedOnRivals: Int { identityVerdicts.timesDecided + bindingVerdicts.timesDecided }

    /// Of how many of them something is remembered.
    package var rememberedRivals: Int { identityVerdicts.count + bindingVerdicts.count }
}
