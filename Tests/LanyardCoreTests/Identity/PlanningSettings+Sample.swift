import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

extension PlanningSettings {
    /// The cluster of DESIGN §2.8.
    static func sample() throws -> PlanningSettings {
        let trustDomain = try #require(TrustDomain("neural-hive.local"))
        return PlanningSettings(
            clusterName: "production", trustDomain: trustDomain,
            nodeAlias: try SPIFFEID(trustDomain: trustDomain, path: "/ns/spire-system/sa/spire-agent"),
            mounts: VaultMounts(), reservedVaultNames: ["lanyard-operator"])
    }
}

extension WorkloadIdentity {
    /// `web` in `shop`, with a spec that the caller fills.
    static func sample(
        namespace: String? = "shop", name: String = "web", _ fill: (inout WorkloadIdentitySpec) -> Void = { _ in }
    ) -> WorkloadIdentity {
        var spec = WorkloadIdentitySpec()
        fill(&spec)
        return WorkloadIdentity(metadata: ObjectMeta(name: name, namespace: namespace), spec: spec)
    }
}

extension Result where Failure == SpecViolations {
    /// The violations; empty when there are none.
    var violations: [SpecViolation] {
        if case .failure(let violations) = self { violations.violations } else { [] }
    }

    /// The fields that are wrong, in order.
    var violatedFields: [String] { violations.map(\.field) }
}
