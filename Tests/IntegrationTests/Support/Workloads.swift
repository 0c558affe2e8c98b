import KubernetesClient
import KubernetesModel
import LanyardControllers

/// Pods and nodes of a cluster without kubelets: they are what a test says.
struct Workloads: Sendable {
    let cluster: Cluster

    /// A node, and its UID.
    func createNode(_ name: String) async throws -> String {
        try await cluster.api.create(Node(metadata: ObjectMeta(name: name))).metadata.uid ?? ""
    }

    /// A pod that is bound to a node at once.
    func createPod(_ name: String, in namespace: String, account: String, on node: String) async throws {
        _ = try await cluster.api.create(
            TestPod(
                metadata: ObjectMeta(name: name, namespace: namespace, labels: ["app": account]),
                spec: .init(nodeName: node, serviceAccountName: account, containers: [.init(name: "c", image: "none")]))
        )
    }

    /// A pod goes, without a kubelet that would have to agree.
    func deletePod(_ name: String, in namespace: String) async throws {
        _ = try await cluster.api.send(
            APIRequest(
                .delete, Pod.descriptor.path(namespace: namespace, name: name),
                query: [.init("gracePeriodSeconds", "0")]))
    }

    func deleteNode(_ name: String) async throws {
        try await cluster.api.delete(Node.self, ObjectKey(namespace: nil, name: name), uid: nil)
    }

    /// What a pod needs before it may be created.
    func createServiceAccount(_ name: String, in namespace: String) async throws {
        _ = try await cluster.api.create(ServiceAccountMetadata(metadata: ObjectMeta(name: name, namespace: namespace)))
    }
}

/// A pod with what the API server demands of one.
private struct TestPod: KubernetesResource {
    static let descriptor = Pod.descriptor

    var metadata: ObjectMeta
    var spec: Spec

    struct Spec: Codable, Equatable, Sendable {
        var nodeName: String
        var serviceAccountName: String
        var containers: [Container]
        var automountServiceAccountToken = false
    }

    struct Container: Codable, Equatable, Sendable {
        var name: String
        var image: String
    }
}
