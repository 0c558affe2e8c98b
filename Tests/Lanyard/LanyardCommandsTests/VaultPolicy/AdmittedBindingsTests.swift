import ArgumentParser
import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

@testable import LanyardCommands

/// The policy of the operator is rendered from the same repository that tenants write to.
@Suite("lanyard vault-policy, of bindings")
struct AdmittedBindingsTests {
    private static func settings() throws -> PlanningSettings {
        let trustDomain = try #require(TrustDomain("neural-hive.local"))
        return PlanningSettings(
            clusterName: "production", trustDomain: trustDomain,
            nodeAlias: try SPIFFEID(trustDomain: trustDomain, path: "/ns/spire-system/sa/spire-agent"),
            mounts: MountNames(), reservedVaultNames: ["lanyard"])
    }

    private static func boundary(_ names: [String], selector: NamespaceSelector? = nil) -> IdentityBoundary {
        var spec = IdentityBoundarySpec()
        spec.namespaces = .init(names: selector == nil ? ["shop"] : [], selector: selector)
        // Whoever has the ServiceAccount has the name.
        spec.sharedNames = true
        spec.identity = .init()
        spec.identity?.spiffeIDs = ["/ns/{namespace}/*"]
        spec.vault = .init()
        spec.vault?.names = names
        return IdentityBoundary(metadata: ObjectMeta(name: "shop"), spec: spec)
    }

    private static func binding(
        _ name: String, role: String?, policy: String? = nil, identity: String? = nil
    ) -> VaultRoleBinding {
        var spec = VaultRoleBindingSpec()
        (spec.roleName, spec.policyName) = (role, policy)
        if let identity {
            spec.workloadIdentityRef = .init(name: identity)
        } else {
            spec.serviceAccountNames = ["web"]
        }
        return VaultRoleBinding(metadata: ObjectMeta(name: name, namespace: "shop"), spec: spec)
    }

    private func policy(
        _ cluster: DeclaredObjects, files: DeclaredObjects = DeclaredObjects(), name: String? = nil
    ) throws -> (paths: [String], refused: [String]) {
        let options = try OperatorPolicyOptions.parse([])
        let (policy, refused) = options.policy(
            settings: try Self.settings(), cluster: cluster, files: files, name: name)
        return (policy.document.rules.map(\.path), refused.map(\.name))
    }

    @Test("names that a tenant only asks for, and names of the operator's own, are not in it")
    func refused() throws {
        var contents = DeclaredObjects()
        contents.boundaries = [Self.boundary(["web", "lanyard", "lanyard-operator"])]
        contents.bindings = [
            Self.binding("good", role: "web"), Self.binding("admin", role: "admin"),
            Self.binding("other", role: "web", policy: "root-ish"), Self.binding("role", role: "lanyard"),
            Self.binding("own", role: "web", policy: "lanyard-operator"),
        ]
        let (paths, refused) = try policy(contents, name: "lanyard-operator")
        #expect(refused == ["admin", "other", "role", "own"])
        #expect(paths.contains("sys/policies/acl/web") && paths.contains("auth/kubernetes/role/web"))
        for name in ["admin", "root-ish"] { #expect(!paths.contains { $0.hasSuffix("/\(name)") }, "\(name)") }
    }

    @Test("without the boundary that allows it, or with one that cannot be read, a name counts for nothing")
    func withoutBoundary() throws {
        var contents = DeclaredObjects()
        contents.bindings = [Self.binding("good", role: "web"), Self.binding("derived", role: nil)]
        #expect(try policy(contents).refused == ["good"])
        contents.unreadable = ["shop"]
        #expect(try policy(contents).refused == ["good", "derived"])
    }

    @Test("labels of namespaces and identities count as for the operator")
    func surroundings() throws {
        var contents = DeclaredObjects()
        contents.boundaries = [
            Self.boundary(["{serviceAccount}"], selector: .init(matchLabels: ["team": "shop"]))
        ]
        contents.bindings = [Self.binding("good", role: "web"), Self.binding("bad", role: "other", identity: "web")]
        #expect(try policy(contents).refused == ["good", "bad"])
        contents.namespaces = [NamespaceMetadata(metadata: ObjectMeta(name: "shop", labels: ["team": "shop"]))]
        contents.identities = [
            WorkloadIdentity(metadata: ObjectMeta(name: "web", namespace: "shop"), spec: WorkloadIdentitySpec())
        ]
        // Whose ServiceAccount the identity is: not `other`.
        #expect(try policy(contents).refused == ["bad"])
    }

    @Test("what bindings refer to is as the files say, and as the cluster has it where they say nothing")
    func files() throws {
        func identity(_ account: String) -> WorkloadIdentity {
            var spec = WorkloadIdentitySpec()
            spec.serviceAccountName = account
            return WorkloadIdentity(metadata: ObjectMeta(name: "web", namespace: "shop"), spec: spec)
        }
        var cluster = DeclaredObjects()
        cluster.boundaries = [Self.boundary(["{serviceAccount}"])]
        cluster.bindings = [Self.binding("web", role: "new", identity: "web")]
        cluster.identities = [identity("old")]
        #expect(try policy(cluster).refused == ["web"])
        var files = DeclaredObjects()
        files.identities = [identity("new")]
        #expect(try policy(cluster, files: files).refused == [])
        #expect(try policy(files, files: cluster).refused == ["web"])
    }
}
