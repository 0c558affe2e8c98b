import FoundationEssentials
import KubernetesClient
import KubernetesModel
import LanyardAPI
import Logging
import Subprocess
import Testing

/// A namespace with a boundary, and somebody who has the tenants' role there and nothing else.
struct Tenant: Sendable {
    let namespace: String
    /// The cluster as the administrator sees it.
    let cluster: Cluster
    /// The API server as the tenant sees it.
    let api: KubernetesClient

    /// Makes namespace, ServiceAccount, role bindings and boundary. Resources and boundary go at the end; the namespace
    /// stays, since one that is being deleted could not be used again by the next test.
    static func run<Result: Sendable>(
        in environment: TestEnvironment, namespace: String, boundary: IdentityBoundary, _ cluster: Cluster,
        _ body: (Tenant) async throws -> Result
    ) async throws -> Result {
        _ = try? await cluster.api.create(Namespace(metadata: ObjectMeta(name: namespace)))
        try await apply(boundary, cluster)
        let token = try await script(
            """
            set -euo pipefail
            "$KUBECTL" apply -f - >/dev/null <<YAML
            apiVersion: v1
            kind: ServiceAccount
            metadata: {name: tenant, namespace: \(namespace)}
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {name: tenant-edit, namespace: \(namespace)}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: lanyard-edit}
            subjects: [{kind: ServiceAccount, name: tenant, namespace: \(namespace)}]
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {name: tenant-view, namespace: \(namespace)}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: lanyard-view}
            subjects: [{kind: ServiceAccount, name: tenant, namespace: \(namespace)}]
            YAML
            "$KUBECTL" create --raw "/api/v1/namespaces/\(namespace)/serviceaccounts/tenant/token" -f - <<JSON |
            {"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{"expirationSeconds":3600}}
            JSON
              sed -nE 's/.*"token":"([^"]+)".*/\\1/p' | tr -d '\\n'
            """)
        let file = "\(environment.directory)/tenant-\(namespace).kubeconfig"
        let address = try #require(ProcessInfo.processInfo.environment["KUBE_APISERVER_URL"])
        let authority = try #require(ProcessInfo.processInfo.environment["KUBE_CA_FILE"])
        try """
        apiVersion: v1
        kind: Config
        current-context: tenant
        contexts: [{name: tenant, context: {cluster: test, user: tenant}}]
        clusters: [{name: test, cluster: {server: "\(address)", certificate-authority: "\(authority)"}}]
        users: [{name: tenant, user: {token: "\(token)"}}]
        """.write(to: URL(filePath: file), atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        let api = try KubernetesClient(
            try ClusterConfiguration.load(kubeconfig: file, environment: .system), userAgent: "lanyard-tenant",
            logger: Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() }))
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(Tenant(namespace: namespace, cluster: cluster, api: api)))
        } catch {
            result = .failure(error)
        }
        try await api.shutdown()
        try await cluster.deleteResources(in: namespace)
        try await eventually("all of \(namespace) is let go") {
            try await cluster.conditions(in: namespace).isEmpty ? nil : "not yet"
        }
        try await cluster.api.delete(IdentityBoundary.self, boundary.key, uid: nil)
        return try result.get()
    }

    /// Creates a boundary, or gives it another spec.
    static func apply(_ boundary: IdentityBoundary, _ cluster: Cluster) async throws {
        if try await cluster.api.get(IdentityBoundary.self, boundary.key) == nil {
            _ = try await cluster.api.create(boundary)
        } else {
            _ = try await cluster.api.patch(
                IdentityBoundary.self, boundary.key,
                JSONPatch([.replace(path: "/spec", value: try JSONValue(encoding: boundary.spec))]))
        }
    }

    private static func script(_ text: String) async throws -> String {
        let result = try await Subprocess.run(
            .name("bash"), arguments: ["-c", text], output: .string(limit: 65_536), error: .string(limit: 65_536))
        try #require(result.terminationStatus.isSuccess, "\(result.standardError)")
        return result.standardOutput
    }
}
