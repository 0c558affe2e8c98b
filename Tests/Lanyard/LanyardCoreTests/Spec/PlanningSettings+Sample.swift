import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

extension PlanningSettings {
    /// The cluster of the samples in the tests of planners.
    static func sample() throws -> PlanningSettings {
        let trustDomain = try #require(TrustDomain("neural-hive.local"))
        return PlanningSettings(
            clusterName: "production", trustDomain: trustDomain,
            nodeAlias: try SPIFFEID(trustDomain: trustDomain, path: "/ns/spire-system/sa/spire-agent"),
            mounts: MountNames(), reservedVaultNames: ["lanyard-operator"])
    }
}

extension IdentityPlanner {
    /// What an identity asks for, under a boundary with what the tests of plans need for nodes and pods.
    static func desired(
        for identity: WorkloadIdentity, settings: PlanningSettings
    ) -> Result<DesiredIdentity, SpecViolations> {
        var spec = IdentityBoundarySpec()
        spec.namespaces = .init(names: ["*"])
        spec.identity = .init()
        spec.identity?.spiffeIDs = ["/ns/{namespace}/*", "/app/*"]
        spec.identity?.dnsNames = ["*.{namespace}.svc", "*.nodes.example.org", "*.org"]
        let boundary = BoundarySet(
            [IdentityBoundary(metadata: ObjectMeta(name: "plans"), spec: spec)], settings: settings
        ).effective(inNamespace: identity.metadata.namespace ?? "", labels: nil)
        return desired(for: identity, boundary: boundary, settings: settings)
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

extension DesiredIdentity {
    /// The one entry of an identity with placement `Cluster`.
    var entry: RegistrationEntry {
        get throws { try #require(entries().entries.first).entry }
    }
}
