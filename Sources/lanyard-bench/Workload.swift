import KubernetesModel
import LanyardAPI
import LanyardCore

/// The objects that are measured: like those of the samples, in many namespaces.
enum Workload {
    static func settings() throws -> PlanningSettings {
        let parent = try SPIFFEID("spiffe://bench.example/agents")
        return PlanningSettings(
            clusterName: "bench", trustDomain: parent.trustDomain, nodeAlias: parent, mounts: VaultMounts())
    }

    static func identity(_ index: Int) -> WorkloadIdentity {
        var spec = WorkloadIdentitySpec()
        spec.x509SVID = .init(ttl: "1h", dnsNames: ["{serviceAccount}.{namespace}.svc.cluster.local"])
        return WorkloadIdentity(metadata: metadata(index), spec: spec)
    }

    static func binding(_ index: Int) -> VaultRoleBinding {
        var spec = VaultRoleBindingSpec()
        spec.serviceAccountNames = ["web"]
        spec.access = Access(
            kv: [KVAccess(path: "web-\(index)/*", permissions: ["Read", "List"])],
            pki: [PKIAccess(role: "services", operations: ["Issue"])])
        return VaultRoleBinding(metadata: metadata(index), spec: spec)
    }

    private static func metadata(_ index: Int) -> ObjectMeta {
        ObjectMeta(
            name: "web-\(index)", namespace: "team-\(index % 100)", uid: "uid-\(index)",
            resourceVersion: ResourceVersion("\(index + 1)"), generation: 1,
            creationTimestamp: "2026-01-01T00:00:00Z")
    }
}
