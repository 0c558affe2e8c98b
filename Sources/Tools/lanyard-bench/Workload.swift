import FoundationEssentials
import KubernetesModel
import LanyardAPI
import LanyardCore

/// The objects that are measured: like those of the samples, in many namespaces, as the API server sends them.
enum Workload {
    static func settings() throws -> PlanningSettings {
        let parent = try SPIFFEID("spiffe://bench.example/agents")
        return PlanningSettings(
            clusterName: "bench", trustDomain: parent.trustDomain, nodeAlias: parent, mounts: MountNames())
    }

    static func identity(_ index: Int) -> WorkloadIdentity {
        var spec = WorkloadIdentitySpec()
        spec.x509SVID = .init(ttl: "1h")
        var status = WorkloadIdentityStatus()
        status.observedGeneration = 1
        status.spiffeID = "spiffe://bench.example/ns/team-\(index % 100)/sa/web-\(index)"
        status.parentID = "spiffe://bench.example/agents"
        status.entryCount = 1
        status.entries = [.init(id: uuid(index), parentID: "spiffe://bench.example/agents")]
        status.conditions = ["Ready", "Accepted", "EntriesSynced"].map {
            Condition(
                type: $0, status: .yes, reason: "Synced", message: "Everything that was asked for is there.",
                observedGeneration: 1, lastTransitionTime: "2026-01-01T00:00:00Z")
        }
        return WorkloadIdentity(metadata: metadata(index), spec: spec, status: status)
    }

    static func binding(_ index: Int) -> VaultRoleBinding {
        var spec = VaultRoleBindingSpec()
        spec.serviceAccountNames = ["web"]
        spec.access = Access(
            kv: [KVAccess(path: "web-\(index)/*", permissions: ["Read", "List"])],
            pki: [PKIAccess(role: "services", operations: ["Issue"])])
        return VaultRoleBinding(metadata: metadata(index), spec: spec)
    }

    /// An identity as it is on the wire, with what the operator does not keep: who manages which field, and what was applied.
    static func line(_ index: Int) throws -> Data {
        var object = try JSONValue(encoding: identity(index))
        let applied = try JSON.encode(identity(index).spec)
        object["apiVersion"] = .string(WorkloadIdentity.descriptor.apiVersion)
        object["kind"] = .string(WorkloadIdentity.descriptor.kind)
        object["metadata"]?["annotations"] = [
            "kubectl.kubernetes.io/last-applied-configuration": .string(String(decoding: applied, as: UTF8.self))
        ]
        object["metadata"]?["managedFields"] = managedFields
        return try JSON.encode(object)
    }

    static let managedFields: JSONValue = [
        manager("kubectl-client-side-apply", ["metadata", "annotations", "spec", "x509SVID", "ttl"]),
        manager("lanyard", ["metadata", "finalizers"]),
        manager("lanyard", ["status", "conditions", "type", "reason", "message", "entries", "spiffeID", "parentID"]),
    ]

    private static func manager(_ name: String, _ fields: [String]) -> JSONValue {
        let owned = fields.map { ("f:\($0)", JSONValue.object([".": .object([:])])) }
        return [
            "apiVersion": "lanyard.dev/v1alpha1", "fieldsType": "FieldsV1", "manager": .string(name),
            "operation": "Update", "time": "2026-01-01T00:00:00Z",
            "fieldsV1": .object(Dictionary(owned, uniquingKeysWith: { first, _ in first })),
        ]
    }

    static func metadata(_ index: Int) -> ObjectMeta {
        var metadata = ObjectMeta(
            name: "web-\(index)", namespace: "team-\(index % 100)", uid: uuid(index),
            resourceVersion: ResourceVersion("\(index + 1)"), generation: 1, finalizers: ["lanyard.dev/cleanup"])
        metadata.creationTimestamp = "2026-01-01T00:00:00Z"
        return metadata
    }

    static func uuid(_ index: Int) -> String {
        let digits = String(index)
        return "6f3c1b52-8a4e-4f0e-9c11-" + String(repeating: "0", count: max(0, 12 - digits.count)) + digits
    }
}
