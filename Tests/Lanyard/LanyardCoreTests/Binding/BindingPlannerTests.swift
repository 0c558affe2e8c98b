import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

@Suite("BindingPlanner")
struct BindingPlannerTests {
    private func plan(
        _ binding: VaultRoleBinding, subject: SubjectResolution? = .serviceAccounts(["web"])
    ) throws -> DesiredAccess {
        try BindingPlanner.desired(for: binding, subject: subject, settings: .sample()).get()
    }

    @Test("what a binding asks for becomes its policy")
    func example() throws {
        let name = "orchestrator-dynamic"
        let binding = VaultRoleBinding.sample(namespace: "neural-hive-orchestration", name: name) { spec in
            spec.serviceAccountNames = nil
            spec.workloadIdentityRef = .init(name: name)
            spec.roleName = name
            spec.access = Access(
                kv: [KVAccess(path: "\(name)/*", permissions: ["Read"])],
                pki: [PKIAccess(role: "neural-hive-services", operations: ["Issue"])])
            spec.databaseRoles = [
                .sample("temporal") {
                    $0.vaultName = name
                    $0.connection = "temporal-postgres"
                    $0.defaultTTL = "1h"
                    $0.maxTTL = "24h"
                }
            ]
        }
        let spiffeID = try SPIFFEID("spiffe://neural-hive.local/ns/neural-hive-orchestration/sa/\(name)")
        let access = try plan(binding, subject: .identity(serviceAccount: name, spiffeID: spiffeID))
        #expect(
            access.policy.text == """
                # Managed by Lanyard: vaultrolebindings.lanyard.dev neural-hive-orchestration/orchestrator-dynamic \
                (cluster production). Changes by hand are undone.
                path "database/creds/orchestrator-dynamic" {
                  capabilities = ["read"]
                }
                path "pki/issue/neural-hive-services" {
                  capabilities = ["create", "update"]
                }
                path "secret/data/orchestrator-dynamic/*" {
                  capabilities = ["read"]
                }

                """)
        #expect(access.policyPath == "sys/policies/acl/orchestrator-dynamic")
        #expect(access.spiffeID == spiffeID)
        #expect(access.serviceAccounts == [name])
        #expect(access.kubernetesRole?.path == "auth/kubernetes/role/orchestrator-dynamic")
        #expect(access.kubernetesRole?.role.namespaces == ["neural-hive-orchestration"])
        let database = try #require(access.databaseRoles.first)
        #expect(database.path == "database/roles/orchestrator-dynamic")
        #expect(database.connectionPath == "database/config/temporal-postgres")
        #expect(database.role.body["default_ttl"] == 3_600 && database.role.body["max_ttl"] == 86_400)
        #expect(
            access.claimPaths == [
                "database/roles/orchestrator-dynamic", "sys/policies/acl/orchestrator-dynamic",
                "auth/kubernetes/role/orchestrator-dynamic",
            ])
    }

    @Test("names are derived from cluster, namespace and name, the policy's from the role's")
    func derivedNames() throws {
        let access = try plan(.sample { $0.databaseRoles = [.sample()] })
        #expect(access.roleName == "lanyard.production.shop.web")
        #expect(access.policyName == "lanyard.production.shop.web")
        #expect(access.databaseRoles.map(\.vaultName) == ["lanyard.production.shop.web_reader"])
        #expect(access.kubernetesRole?.role.token.policies == ["lanyard.production.shop.web"])
        #expect(try plan(.sample { $0.roleName = "web" }).policyName == "web")
    }

    @Test("the longest namespace and name have names that Vault takes")
    func longNames() throws {
        let namespace = String(repeating: "n", count: 63)
        let name = String(repeating: "a", count: 253)
        let binding = VaultRoleBinding.sample(namespace: namespace, name: name) { $0.databaseRoles = [.sample()] }
        let access = try plan(binding)
        #expect(access.roleName == "lanyard.production.\(namespace).\(name)")
    }

    @Test("every setting of the auth role reaches it")
    func authRole() throws {
        let binding = VaultRoleBinding.sample { spec in
            spec.serviceAccountNames = ["b", "a"]
            spec.policyName = "shop-policy"
            spec.kubernetesAuth = .init(mount: "team/k8s", audience: "vault", aliasNameSource: "serviceaccount_name")
            spec.token = TokenSettings()
            spec.token?.ttl = "1h"
            spec.token?.noDefaultPolicy = true
            spec.driftPolicy = .report
            spec.deletionPolicy = .orphan
        }
        let access = try plan(binding, subject: .serviceAccounts(["b", "a"]))
        let role = try #require(access.kubernetesRole)
        #expect(role.path == "auth/team/k8s/role/lanyard.production.shop.web")
        #expect(
            role.role
                == KubernetesAuthRole(
                    serviceAccountNames: ["a", "b"], namespaces: ["shop"], audience: "vault",
                    aliasNameSource: "serviceaccount_name",
                    token: TokenFields(ttl: 3_600, noDefaultPolicy: true, policies: ["shop-policy"])))
        #expect(access.driftPolicy == .report)
        #expect(access.deletionPolicy == .orphan)
        #expect(access.spiffeID == nil)
    }

    @Test("mounts come from the configuration unless the spec says one")
    func mounts() throws {
        var settings = try PlanningSettings.sample()
        settings.mounts = MountNames(kubernetesAuth: "k8s-prod", database: "db")
        let binding = VaultRoleBinding.sample { spec in
            spec.databaseRoles = [.sample("one"), .sample("two") { $0.mount = "other/db" }]
        }
        let access = try BindingPlanner.desired(
            for: binding, subject: .serviceAccounts(["web"]), settings: settings
        ).get()
        #expect(access.kubernetesRole?.path == "auth/k8s-prod/role/lanyard.production.shop.web")
        #expect(
            access.databaseRoles.map(\.connectionPath) == ["db/config/postgres", "other/db/config/postgres"])
        #expect(
            access.policy.document.rules.map(\.path) == [
                "db/creds/lanyard.production.shop.web_one", "other/db/creds/lanyard.production.shop.web_two",
            ])
    }

    @Test("without the identity there are the same paths, and nobody who may log in")
    func unknownIdentity() throws {
        let binding = VaultRoleBinding.sample { spec in
            spec.serviceAccountNames = nil
            spec.workloadIdentityRef = .init(name: "web")
            spec.databaseRoles = [.sample()]
        }
        let spiffeID = try SPIFFEID("spiffe://neural-hive.local/ns/shop/sa/web")
        let unknown = try plan(binding, subject: nil)
        let known = try plan(binding, subject: .identity(serviceAccount: "web", spiffeID: spiffeID))
        #expect(unknown.serviceAccounts.isEmpty && unknown.kubernetesRole?.role.serviceAccountNames == [])
        #expect(unknown.spiffeID == nil)
        #expect(unknown.claimPaths == known.claimPaths)
    }

    @Test("without the identity, violations that do not depend on it are still there")
    func violationsWithoutIdentity() throws {
        let binding = VaultRoleBinding.sample { spec in
            spec.serviceAccountNames = nil
            spec.workloadIdentityRef = .init(name: "web")
            spec.roleName = "Web"
            spec.kubernetesAuth = .init(aliasNameSource: "x")
        }
        let result = BindingPlanner.desired(for: binding, subject: nil, settings: try .sample())
        #expect(result.violatedFields == ["spec.roleName", "spec.kubernetesAuth.aliasNameSource"])
    }

    @Test("a subject that is not literal never reaches Vault")
    func globSubject() throws {
        let binding = VaultRoleBinding.sample { spec in
            spec.serviceAccountNames = nil
            spec.workloadIdentityRef = .init(name: "web")
        }
        let result = BindingPlanner.desired(for: binding, subject: .serviceAccounts(["*"]), settings: try .sample())
        #expect(result.violatedFields == ["spec.serviceAccountNames[0]"])
    }

    @Test(
        "a JWT role that is for no SPIFFE ID never reaches Vault",
        arguments: [.serviceAccounts(["web"]), .identity(serviceAccount: "web", spiffeID: nil)] as [SubjectResolution])
    func noSPIFFEID(subject: SubjectResolution) throws {
        let binding = VaultRoleBinding.sample { spec in
            spec.serviceAccountNames = nil
            spec.workloadIdentityRef = .init(name: "web")
            spec.jwtAuth = .init(audiences: ["vault"])
        }
        let result = BindingPlanner.desired(for: binding, subject: subject, settings: try .sample())
        #expect(result.violatedFields == ["spec.jwtAuth"])
    }

    @Test("the deletion policy of a database role is its own, else the binding's")
    func deletionPolicies() throws {
        let access = try plan(
            .sample { spec in
                spec.deletionPolicy = .orphan
                spec.databaseRoles = [.sample("one"), .sample("two") { $0.deletionPolicy = .delete }]
            })
        #expect(access.databaseRoles.map(\.deletionPolicy) == [.orphan, .delete])
    }

    @Test("a binding without access has a policy that grants nothing")
    func noAccess() throws {
        let text = try plan(.sample()).policy.text
        #expect(text.hasPrefix("# Managed by Lanyard: vaultrolebindings.lanyard.dev shop/web"))
        #expect(!text.contains("path"))
    }

    @Test("every path that is claimed has a shape that may be deleted again")
    func shapes() throws {
        let binding = VaultRoleBinding.sample { spec in
            spec.kubernetesAuth = .init(mount: "team/k8s")
            spec.databaseRoles = [.sample("one"), .sample("two") { $0.mount = "team/db" }]
        }
        let paths = try plan(binding).claimPaths
        #expect(paths.map { VaultObjectKind(path: $0) } == [.databaseRole, .databaseRole, .policy, .authRole])
    }
}
