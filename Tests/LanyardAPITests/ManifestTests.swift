import KubernetesModel
import LanyardAPI
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
        for (document, kind) in zip(documents, PublishedKind.all) {
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

    @Test("the operator's roles name every resource and verb, and no Secrets")
    func leastPrivilege() throws {
        let files = try Checkout.yamlFiles(in: "manifests/base")
        let roles = try files.flatMap { try Checkout.documents($0) }.filter {
            ["Role", "ClusterRole"].contains($0["kind"])
        }
        #expect(roles.count == 2)
        let granted = roles.flatMap { role in
            (role["rules"]?.array ?? []).flatMap { rule in
                (rule["resources"]?.array ?? []).map { resource in
                    let verbs = (rule["verbs"]?.array ?? []).compactMap(\.string)
                    return "\(role["kind"]?.string ?? "") \(resource.string ?? "") \(verbs.joined(separator: ","))"
                }
            }
        }
        #expect(
            Set(granted) == [
                "ClusterRole workloadidentities get,list,watch,patch",
                "ClusterRole vaultrolebindings get,list,watch,patch",
                "ClusterRole workloadidentities/status patch", "ClusterRole vaultrolebindings/status patch",
                "ClusterRole events create,patch",
                "Role ownershiprecords get,list,watch,create,update,patch,delete",
                "Role leases get,create,update,patch",
            ])
    }

    @Test("the kustomization lists every file")
    func kustomization() throws {
        let kustomization = try #require(Checkout.documents("manifests/base/kustomization.yaml").first)
        let listed = (kustomization["resources"]?.array ?? []).compactMap(\.string).map { "manifests/base/\($0)" }
        let files = try Checkout.yamlFiles(in: "manifests/base").filter { !$0.hasSuffix("/kustomization.yaml") }
        #expect(listed.sorted() == files)
    }
}
