import ControllerRuntime
import LanyardAPI
import LanyardCore

/// Admissions of objects that are in the way of another one, which cost their tenant's text once, not once for each other.
extension BoundaryBook {
    /// What should exist for an identity that is in the way of another object; nil when it is refused.
    ///
    /// - Parameter grounds: what it is decided on, and remembered under.
    func desired(
        for rival: WorkloadIdentity, on grounds: IdentityGrounds, in store: Store<WorkloadIdentity>
    ) async -> DesiredIdentity? {
        await identityVerdicts.verdict(on: rival, given: grounds, in: store) {
            try? self.admit(rival, on: grounds).get()
        }
    }

    /// The policy of a binding that is in the way of another one; nil when it is refused.
    ///
    /// - Parameter grounds: what it is decided on, and remembered under.
    func policyPath(
        of rival: VaultRoleBinding, on grounds: BindingGrounds, in store: Store<VaultRoleBinding>
    ) async -> String? {
        await bindingVerdicts.verdict(on: rival, given: grounds, in: store) {
            try? self.admit(rival, on: grounds).get().policyPath
        }
    }

    /// How often objects were decided on because they are in the way of others.
    package var timesDecidedOnRivals: Int { identityVerdicts.timesDecided + bindingVerdicts.timesDecided }

    /// Of how many of them something is remembered.
    package var rememberedRivals: Int { identityVerdicts.count + bindingVerdicts.count }
}
