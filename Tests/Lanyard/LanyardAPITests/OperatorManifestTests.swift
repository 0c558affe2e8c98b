import KubernetesModel
import LanyardAPI
import TestSupport
import Testing

@Suite("Manifests of the operator")
struct OperatorManifestTests {
    private func roles() throws -> [JSONValue] {
        try Checkout.yamlFiles(in: "manifests/base").flatMap { try Checkout.documents($0) }.filter {
            // There may be roles for people, too.
            ["Role", "ClusterRole"].contains($0["kind"]) && $0["metadata"]?["name"] == "lanyard"
        }
    }

    private func pod() throws -> JSONValue {
        let deployment = try #require(Checkout.documents("manifests/base/deployment.yaml").first)
        #expect(deployment["spec"]?["replicas"] == 2)
        return try #require(deployment["spec"]?["template"]?["spec"])
    }

    private func container() throws -> JSONValue {
        let containers = try pod()["containers"]?.array ?? []
        #expect(containers.count == 1)
        return try #require(containers.first)
    }

    /// Whoever adds a line here adds the permission to `Permission.symptoms` of the integration tests as well, which
    /// see that it is used and what happens without it.
    @Test("the roles grant exactly this")
    func leastPrivilege() throws {
        let granted = try roles().flatMap { role in
            (role["rules"]?.array ?? []).flatMap { rule in
                (rule["resources"]?.array ?? []).map { resource in
                    let verbs = (rule["verbs"]?.array ?? []).compactMap(\.string).joined(separator: ",")
                    let names = (rule["resourceNames"]?.array ?? []).compactMap(\.string).joined(separator: ",")
                    return "\(role["kind"]?.string ?? "") \(resource.string ?? "") \(verbs) \(names)"
                }
            }
        }
        let definitions = LanyardKind.all.map(\.descriptor.qualifiedName).sorted().joined(separator: ",")
        #expect(
            granted.sorted() == [
                "ClusterRole customresourcedefinitions get \(definitions)",
                "ClusterRole databaseroletemplates list,watch ",
                "ClusterRole databaseroletemplates/status patch ",
                "ClusterRole events create,patch ",
                "ClusterRole identityboundaries list,watch ",
                "ClusterRole identityboundaries/status patch ",
                "ClusterRole namespaces get,list,watch ",
                "ClusterRole nodes list,watch ",
                "ClusterRole pods list,watch ",
                "ClusterRole serviceaccounts get ",
                "ClusterRole vaultmounts get,list,watch,patch ",
                "ClusterRole vaultmounts/status patch ",
                "ClusterRole vaultrolebindings get,list,watch,patch ",
                "ClusterRole vaultrolebindings/status patch ",
                "ClusterRole workloadidentities get,list,watch,patch ",
                "ClusterRole workloadidentities/status patch ",
                "Role leases create ",
                "Role leases get,watch,patch lanyard",
                "Role ownershiprecords get,list,watch,create,update,delete ",
                "Role secrets get ",
                "Role secrets patch lanyard-digest-key",
            ])
    }

    /// What roles grant, one line for each resource.
    private func grants(_ roles: [JSONValue]) -> Set<String> {
        Set(
            roles.flatMap { $0["rules"]?.array ?? [] }.flatMap { rule in
                let verbs = (rule["verbs"]?.array ?? []).compactMap(\.string).joined(separator: ",")
                let names = (rule["resourceNames"]?.array ?? []).compactMap(\.string).map { " \($0)" }.joined()
                return (rule["resources"]?.array ?? []).map { "\($0.string ?? "") \(verbs)\(names)" }
            })
    }

    @Test(
        "where the operator watches some namespaces, it has in them what it has in all, and nothing of tenants elsewhere"
    )
    func namespacedRoles() throws {
        let whole = grants(
            try Checkout.documents("manifests/base/cluster-role.yaml").filter { $0["kind"] == "ClusterRole" })
        let cluster = try Checkout.documents("manifests/namespaced/cluster-role.yaml")
        let tenant = try Checkout.documents("manifests/namespaced/tenant/role.yaml").filter { $0["kind"] == "Role" }
        #expect(cluster.map { $0["metadata"]?["name"] } == ["lanyard"])
        #expect(grants(cluster).union(grants(tenant)) == whole)
        #expect(grants(cluster).isDisjoint(with: grants(tenant)))
        for word in ["workloadidentities", "vaultrolebindings", "pods", "events", "serviceaccounts", "secrets"] {
            #expect(!grants(cluster).contains { $0.hasPrefix(word) }, "\(word)")
        }
        let events = try Checkout.documents("manifests/namespaced/role-events.yaml")
        #expect(grants(events.filter { $0["kind"] == "Role" }) == ["events create,patch"])
        let bindings = try events + Checkout.documents("manifests/namespaced/tenant/role.yaml")
        for binding in bindings where binding["kind"] == "RoleBinding" {
            #expect(
                binding["subjects"] == [["kind": "ServiceAccount", "name": "lanyard", "namespace": "lanyard-system"]])
            #expect(binding["roleRef"]?["name"] == binding["metadata"]?["name"])
        }
    }

    @Test("the roles have no wildcards, no view of all Secrets, and no way to more rights or other identities")
    func dangerousRights() throws {
        let rules = try roles().flatMap { role in
            (role["rules"]?.array ?? []).map { (rule: $0, isOfNamespace: role["kind"] == "Role") }
        }
        #expect(rules.count >= 6)
        for (rule, isOfNamespace) in rules {
            let groups = (rule["apiGroups"]?.array ?? []).compactMap(\.string)
            let resources = (rule["resources"]?.array ?? []).compactMap(\.string)
            let verbs = Set((rule["verbs"]?.array ?? []).compactMap(\.string))
            #expect(!(groups + resources + verbs).contains { $0.contains("*") }, "\(resources)")
            #expect(rule["nonResourceURLs"] == nil)
            #expect(verbs.isDisjoint(with: ["escalate", "bind", "impersonate", "deletecollection"]), "\(resources)")
            #expect(!groups.contains("rbac.authorization.k8s.io"))
            #expect(!resources.contains("serviceaccounts/token"))
            #expect(!resources.contains { ["pods/exec", "pods/attach", "nodes/proxy"].contains($0) })
            guard resources.contains("secrets") else { continue }
            // Reading by name is for what VaultMounts refer to, in the operator's own namespace.
            #expect(isOfNamespace, "Secrets of all namespaces")
            let isOwn = rule["resourceNames"] == ["lanyard-digest-key"]
            #expect(verbs == ["get"] || (verbs == ["patch"] && isOwn), "\(verbs)")
        }
    }

    @Test("the namespace and the pods keep the level restricted of the Pod Security Standards")
    func podSecurity() throws {
        let namespace = try #require(Checkout.documents("manifests/base/namespace.yaml").first)
        for mode in ["enforce", "audit", "warn"] {
            #expect(namespace["metadata"]?["labels"]?["pod-security.kubernetes.io/\(mode)"] == "restricted")
        }
        let pod = try pod()
        #expect(pod["securityContext"]?["runAsNonRoot"] == true)
        #expect(pod["securityContext"]?["seccompProfile"]?["type"] == "RuntimeDefault")
        for field in ["hostNetwork", "hostPID", "hostIPC"] { #expect(pod[field] == nil) }
        let kinds = Set((pod["volumes"]?.array ?? []).flatMap { $0.object?.keys.filter { $0 != "name" } ?? [] })
        #expect(
            kinds.isSubset(of: [
                "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected",
                "secret",
            ]))
        let context = try #require(container()["securityContext"])
        let expected: JSONValue = [
            "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": ["drop": ["ALL"]],
        ]
        #expect(context == expected)
        // Nothing but tokens of short life, and only where they are asked for.
        let account = try #require(Checkout.documents("manifests/base/service-account.yaml").first)
        #expect(account["automountServiceAccountToken"] == false)
        #expect(pod["automountServiceAccountToken"] == true)
    }

    @Test("the pods are probed where the operator answers, and have the time to end that it takes")
    func probes() throws {
        let container = try container()
        let ports = (container["ports"]?.array ?? []).map {
            "\($0["name"]?.string ?? "") \($0["containerPort"] ?? .null)"
        }
        #expect(ports.count == 2)
        #expect(container["livenessProbe"]?["httpGet"] == ["path": "/livez", "port": "health"])
        #expect(container["readinessProbe"]?["httpGet"] == ["path": "/readyz", "port": "health"])
        let source = try Checkout.text("Sources/Lanyard/LanyardOperator/Configuration/ConfigurationKey+All.swift")
        for port in ["0.0.0.0:8080", "0.0.0.0:8081"] { #expect(source.contains(port)) }
        let values = (container["ports"]?.array ?? []).compactMap { $0["containerPort"] }
        #expect(values == [8080, 8081])
        // 25 s for a graceful end, 4 s for a forced one.
        #expect(try pod()["terminationGracePeriodSeconds"] == 30)
    }

    @Test("every mounted volume exists, and the files that the configuration names are in one")
    func files() throws {
        let mounts = try container()["volumeMounts"]?.array ?? []
        let volumes = try pod()["volumes"]?.array ?? []
        #expect(mounts.compactMap { $0["name"]?.string }.sorted() == volumes.compactMap { $0["name"]?.string }.sorted())
        #expect(mounts.allSatisfy { $0["readOnly"] == true })
        let paths = mounts.compactMap { $0["mountPath"]?.string }
        let configuration = try #require(Checkout.documents("manifests/base/config.yaml").first)
        let address = configuration["spire"]?["address"]?.string ?? ""
        let tokenFile = configuration["vault"]?["auth"]?["tokenFile"]?.string ?? ""
        for file in [address.replacing("unix://", with: ""), tokenFile, "/etc/lanyard/config.yaml"] {
            #expect(paths.contains { file.hasPrefix("\($0)/") }, "\(file)")
        }
        let token = volumes.first { $0["name"] == "vault-token" }?["projected"]?["sources"]?.array?.first
        #expect(token?["serviceAccountToken"]?["audience"] == "vault")
        #expect(try container()["args"] == ["controller", "--config", "/etc/lanyard/config.yaml"])
    }

    @Test("the image has the version of the source, and a place that one line of an overlay changes")
    func image() throws {
        let kustomization = try #require(Checkout.documents("manifests/base/kustomization.yaml").first)
        let image = try #require(kustomization["images"]?.array?.first)
        #expect(try container()["image"] == image["name"])
        let source = try Checkout.text("Sources/Lanyard/LanyardOperator/Process/Operator.swift")
        #expect(source.contains("static let version = \"\(image["newTag"]?.string ?? "none")\""))
        let chart = try #require(Checkout.documents("manifests/chart/Chart.yaml").first)
        #expect(chart["version"] == image["newTag"])
        #expect(chart["appVersion"] == image["newTag"])
    }

    @Test("metrics are for the namespace that watches over all, and a page says how an overlay names another one")
    func metricsReach() throws {
        let policy = try #require(Checkout.documents("manifests/base/network-policy.yaml").first)
        #expect(policy["spec"]?["policyTypes"] == ["Ingress"])
        let rules = policy["spec"]?["ingress"]?.array ?? []
        // A rule without ports would be one for all of them.
        let ports = rules.map { rule in (rule["ports"]?.array ?? []).compactMap { $0["port"]?.string } }
        #expect(ports == [["metrics"], ["health"]])
        let monitoring: JSONValue = [
            ["namespaceSelector": ["matchLabels": ["kubernetes.io/metadata.name": "monitoring"]]]
        ]
        #expect(rules.first?["from"] == monitoring)
        #expect(try Checkout.text("docs/operations.md").contains("path: /spec/ingress/0/from,"))
    }

    @Test("selectors of Deployment, budget, Service and network policy choose the operator's pods and no others")
    func selectors() throws {
        let labels: JSONValue = ["app.kubernetes.io/name": "lanyard"]
        let deployment = try #require(Checkout.documents("manifests/base/deployment.yaml").first)
        #expect(deployment["spec"]?["selector"]?["matchLabels"] == labels)
        #expect(deployment["spec"]?["template"]?["metadata"]?["labels"] == labels)
        let budget = try #require(Checkout.documents("manifests/base/pod-disruption-budget.yaml").first)
        #expect(budget["spec"]?["selector"]?["matchLabels"] == labels)
        let service = try #require(Checkout.documents("manifests/base/service.yaml").first)
        #expect(service["spec"]?["selector"] == labels)
        let policy = try #require(Checkout.documents("manifests/base/network-policy.yaml").first)
        #expect(policy["spec"]?["podSelector"]?["matchLabels"] == labels)
        let affinity = try pod()["affinity"]?["podAntiAffinity"]
        let terms = affinity?["preferredDuringSchedulingIgnoredDuringExecution"]?.array ?? []
        #expect(terms.map { $0["podAffinityTerm"]?["labelSelector"]?["matchLabels"] } == [labels])
        #expect(try container()["env"]?.array?.contains(["name": "MALLOC_ARENA_MAX", "value": "2"]) == true)
    }
}
