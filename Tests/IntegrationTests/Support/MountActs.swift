import FoundationEssentials
import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardControllers
import Testing

/// What a platform team does with VaultMounts and with the Secrets that they refer to.
struct MountActs: Sendable {
    /// The Vault path that the mount of `create` has; the operator's policy allows it.
    static let path = "it-mount-acts"

    let environment: TestEnvironment
    let cluster: Cluster

    private static func secretKey(_ name: String) -> ObjectKey { ObjectKey(namespace: "lanyard-system", name: name) }
    private static func mountKey(_ name: String) -> ObjectKey { ObjectKey(namespace: nil, name: name) }

    /// Creates a VaultMount that refers to a Secret of its name; there is no key for digests before.
    func create(_ name: String) async throws {
        _ = try await cluster.api.mergePatch(
            Secret.self, Self.secretKey(DigestKeyring.secretName), ["data": .null])
        try await store(secret: name, ["token": "eyJhbGciOiJub25lIn0.e30."])
        var spec = VaultMountSpec(type: .kubernetes)
        spec.path = Self.path
        spec.kubernetes = try kubernetes(reviewer: name)
        _ = try await cluster.api.create(VaultMount(metadata: ObjectMeta(name: name), spec: spec))
    }

    /// Runs with the right to keep the mount of `create`.
    func allowed<Result>(_ body: () async throws -> Result) async throws -> Result {
        var spec = VaultMountSpec(type: .kubernetes)
        spec.path = Self.path
        spec.kubernetes = KubernetesMount(host: "https://localhost")
        return try await Mounts(environment: environment, acts: self).allowed(
            [VaultMount(metadata: ObjectMeta(name: Self.path), spec: spec)], body)
    }

    /// The Kubernetes auth method for this cluster.
    func kubernetes(reviewer: String) throws -> KubernetesMount {
        KubernetesMount(
            host: try environment.variable("KUBE_APISERVER_URL"),
            caCertificate: try String(
                contentsOf: URL(filePath: environment.variable("KUBE_CA_FILE")), encoding: .utf8),
            reviewerTokenSecretRef: .init(name: reviewer), disableLocalCAJWT: true)
    }

    /// Stores a Secret in the operator's namespace.
    func store(secret name: String, _ values: [String: String]) async throws {
        let data = values.mapValues { SecretValue(Data($0.utf8)) }
        if try await cluster.api.get(Secret.self, Self.secretKey(name)) == nil {
            let metadata = ObjectMeta(name: name, namespace: "lanyard-system")
            _ = try await cluster.api.create(Secret(metadata: metadata, data: data))
        } else {
            _ = try await cluster.api.mergePatch(
                Secret.self, Self.secretKey(name), ["data": try JSONValue(encoding: data)])
        }
    }

    func delete(secret name: String) async throws {
        try await cluster.api.delete(Secret.self, Self.secretKey(name), uid: nil)
    }

    /// Takes away a VaultMount, its Secret and, in Vault, the mount of `create`.
    func remove(_ name: String) async throws {
        if try await cluster.api.get(VaultMount.self, Self.mountKey(name)) != nil {
            try await cluster.api.delete(VaultMount.self, Self.mountKey(name), uid: nil)
            try await eventually("the VaultMount is gone") {
                try await cluster.api.get(VaultMount.self, Self.mountKey(name)) == nil ? nil : "it is not"
            }
        }
        try await delete(secret: name)
        try await Bao(environment: environment).delete("sys/auth/\(Self.path)")
    }
}
