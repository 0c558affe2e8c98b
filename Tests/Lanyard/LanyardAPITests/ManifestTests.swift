import KubernetesModel
import LanyardAPI
import TestSupport
import Testing

@Suite("Manifests")
struct ManifestTests {
    @Test(
        "samples are what schema and Swift type accept, an identity and its binding in each file",
        arguments: [
            ("orchestrator-dynamic", "neural-hive-orchestration"), ("worker-agents", "neural-hive-execution"),
            ("service-registry", "neural-hive-execution"),
        ])
    func samples(name: String, namespace: String) throws {
        let documents = try Checkout.documents("manifests/samples/\(name).yaml")
        #expect(documents.map { $0["kind"] } == ["WorkloadIdentity", "VaultRoleBinding"])
        for (document, kind) in zip(documents, [PublishedKind.workloadIdentity, .vaultRoleBinding]) {
            #expect(document["apiVersion"]?.string == kind.descriptor.apiVersion)
            let metadata: JSONValue = ["name": .string(name), "namespace": .string(namespace)]
            #expect(document["metadata"] == metadata)
            #expect(try kind.specSchema().violations(of: #require(document["spec"])) == [])
            #expect(kind.decodes(document))
        }
        let binding = try #require(documents.last).decoded(as: VaultRoleBinding.self)
        #expect(binding.spec.workloadIdentityRef?.name == name)
        #expect(binding.spec.roleName == name)
    }

    @Test("the samples' ServiceAccounts exist in the namespaces of their identities")
    func serviceAccounts() throws {
        let documents = try Checkout.documents("manifests/samples/namespaces.yaml")
        let accounts = documents.filter { $0["kind"] == "ServiceAccount" }.compactMap { document in
            document["metadata"]?["name"]?.string.map { "\(document["metadata"]?["namespace"]?.string ?? "")/\($0)" }
        }
        #expect(
            accounts == [
                "neural-hive-orchestration/orchestrator-dynamic", "neural-hive-execution/worker-agents",
                "neural-hive-execution/service-registry",
            ])
    }

    @Test("tenants see and edit their own resources, and neither status nor what the platform team keeps")
    func tenantRoles() throws {
        let roles = try Checkout.documents("manifests/base/tenant-roles.yaml")
        #expect(roles.compactMap { $0["metadata"]?["name"]?.string } == ["lanyard-view", "lanyard-edit"])
        let aggregated = roles.map { Set(($0["metadata"]?["labels"]?.object ?? [:]).keys) }
        let label = "rbac.authorization.k8s.io/aggregate-to-"
        #expect(aggregated == [["\(label)view"], ["\(label)edit", "\(label)admin"]])
        let tenants = LanyardKind.all.filter { $0.author == .tenants }.map(\.descriptor.plural)
        for (role, verbs) in zip(roles, [["get", "list", "watch"], ["create", "update", "patch", "delete"]]) {
            let rules = try #require(role["rules"]?.array)
            #expect(rules.count == 1)
            #expect(rules.first?["apiGroups"] == ["lanyard.dev"])
            #expect((rules.first?["resources"]?.array ?? []).compactMap(\.string).sorted() == tenants.sorted())
            #expect(rules.first?["verbs"]?.array == verbs.map { .string($0) })
        }
    }

    @Test("the admission policies have a binding each, fail closed, and are no part of the base")
    func admissionPolicies() throws {
        let listed = try #require(Checkout.documents("manifests/policies/kustomization.yaml").first)
        #expect(listed["kind"] == "Component")
        let files = (listed["resources"]?.array ?? []).compactMap(\.string).map { "manifests/policies/\($0)" }
        let all = try Checkout.yamlFiles(in: "manifests/policies")
        #expect(files.sorted() == all.filter { !$0.hasSuffix("/kustomization.yaml") })
        let documents = try files.flatMap { try Checkout.documents($0) }
        let policies = documents.filter { $0["kind"] == "ValidatingAdmissionPolicy" }
        let bindings = documents.filter { $0["kind"] == "ValidatingAdmissionPolicyBinding" }
        #expect(policies.map { $0["metadata"]?["name"] } == bindings.map { $0["spec"]?["policyName"] })
        for policy in policies {
            #expect(policy["spec"]?["failurePolicy"] == "Fail")
            for validation in policy["spec"]?["validations"]?.array ?? [] {
                #expect(validation["expression"]?.string?.isEmpty == false)
                #expect(validation["message"]?.string?.isEmpty == false)
            }
        }
        let base = try #require(Checkout.documents("manifests/base/kustomization.yaml").first)
        #expect(base["components"] == nil)
    }

    @Test("the kustomizations list every file")
    func kustomizations() throws {
        let base = try #require(Checkout.documents("manifests/base/kustomization.yaml").first)
        let listed = (base["resources"]?.array ?? []).compactMap(\.string)
        #expect(listed.first == "../../crds")
        let generated = (base["configMapGenerator"]?.array ?? []).flatMap { $0["files"]?.array ?? [] }
        let files = try Checkout.yamlFiles(in: "manifests/base").filter { !$0.hasSuffix("/kustomization.yaml") }
        #expect(
            (listed.dropFirst() + generated.compactMap(\.string)).map { "manifests/base/\($0)" }.sorted() == files)
        for component in ["manifests/openshift", "manifests/spire-tcp", "manifests/workload-api"] {
            let document = try #require(Checkout.documents("\(component)/kustomization.yaml").first)
            let patches = (document["patches"]?.array ?? []).compactMap { $0["path"]?.string }
            let all = try Checkout.yamlFiles(in: component).filter { !$0.hasSuffix("/kustomization.yaml") }
            #expect(patches.map { "\(component)/\($0)" } == all)
            #expect(document["kind"] == "Component")
        }
        let namespaced = try #require(Checkout.documents("manifests/namespaced/kustomization.yaml").first)
        #expect(namespaced["kind"] == "Component")
        #expect(namespaced["resources"] == ["role-events.yaml"])
        #expect(namespaced["patches"] == [["path": "cluster-role.yaml"]])
        let crds = try #require(Checkout.documents("crds/Kustomization").first)
        #expect(
            (crds["resources"]?.array ?? []).compactMap(\.string).map { "crds/\($0)" }
                == (try Checkout.yamlFiles(in: "crds")))
    }
}
