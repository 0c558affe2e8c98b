import KubernetesModel
import TestSupport
import Testing

@Suite("The quick start on a cluster")
struct QuickStartTests {
    private static let folder = "manifests/quick-start"

    private func objects(_ part: String) throws -> [JSONValue] {
        let files = try Checkout.yamlFiles(in: "\(Self.folder)/\(part)")
        return try files.filter { !$0.hasSuffix("/kustomization.yaml") }.flatMap { try Checkout.documents($0) }
    }

    /// `Kind namespace/name` of each object.
    private func names(_ objects: [JSONValue]) -> Set<String> {
        Set(
            objects.map { object in
                let metadata = object["metadata"]
                let namespace = metadata?["namespace"]?.string.map { "\($0)/" } ?? ""
                return "\(object["kind"]?.string ?? "") \(namespace)\(metadata?["name"]?.string ?? "")"
            })
    }

    @Test("the kustomizations list every file", arguments: ["platform", "lanyard"])
    func kustomizations(part: String) throws {
        let document = try #require(Checkout.documents("\(Self.folder)/\(part)/kustomization.yaml").first)
        let resources = (document["resources"]?.array ?? []).compactMap(\.string).filter { !$0.hasPrefix("../") }
        let generated = (document["configMapGenerator"]?.array ?? []).flatMap { $0["files"]?.array ?? [] }
        let files = try Checkout.yamlFiles(in: "\(Self.folder)/\(part)").filter { !$0.hasSuffix("/kustomization.yaml") }
        let listed = (resources + generated.compactMap(\.string)).map { "\(Self.folder)/\(part)/\($0)" }
        #expect(listed.sorted() == files)
    }

    @Test("what the samples, the configuration and the page name is there")
    func platform() throws {
        let found = names(try objects("platform"))
        let expected = [
            "Service vault/vault", "Service temporal/postgresql", "Deployment vault/openbao",
            "Deployment temporal/postgresql", "Deployment spire-system/spire-server",
            "DaemonSet spire-system/spire-agent", "ServiceAccount spire-system/spire-agent",
        ]
        #expect(found.isSuperset(of: expected), "\(found)")
        let page = try Checkout.text("docs/quick-start.md")
        for (namespace, workload) in [
            ("vault", "deployment/openbao"), ("temporal", "deployment/postgresql"),
            ("spire-system", "deployment/spire-server"), ("spire-system", "daemonset/spire-agent"),
        ] { #expect(page.contains("kubectl -n \(namespace) rollout status \(workload) ")) }
        let mounts = try Checkout.text("manifests/samples/mounts/mounts.yaml")
        #expect(mounts.contains("@postgresql.temporal.svc:5432/temporal?sslmode=verify-full"))
    }

    @Test("SPIRE's cluster and trust domain are those of the operator, and its socket is where the operator looks")
    func spire() throws {
        let configuration = try #require(Checkout.documents("\(Self.folder)/lanyard/config.yaml").first)
        let domain = try #require(configuration["trustDomain"]?.string)
        let texts = try objects("platform").compactMap { $0["data"]?.object }.flatMap(\.values).compactMap(\.string)
        let server = try #require(texts.first { $0.hasPrefix("server {") })
        let agent = try #require(texts.first { $0.hasPrefix("agent {") })
        for text in [server, agent] { #expect(text.contains("= \"\(domain)\"\n")) }
        #expect(
            configuration["spire"]?["nodeAlias"]?["selectors"] == [
                "k8s_psat:cluster:production", "k8s_psat:agent_ns:spire-system", "k8s_psat:agent_sa:spire-agent",
            ])
        #expect(server.contains("\"production\" = { service_account_allow_list = [\"spire-system:spire-agent\"] }"))
        #expect(agent.contains("cluster = \"production\""))
        #expect(server.contains("socket_path  = \"/run/spire/server/private/api.sock\""))

        let socket = try objects("lanyard")
        let volume = try #require(socket.first { $0["kind"] == "PersistentVolume" }?["spec"])
        #expect(volume["hostPath"]?["path"] == "/run/spire/server/private")
        #expect(volume["claimRef"]?["name"] == "spire-server-socket")
        #expect(names(socket).contains("PersistentVolumeClaim lanyard-system/spire-server-socket"))
        let deployment = try Checkout.text("manifests/base/deployment.yaml")
        #expect(deployment.contains("persistentVolumeClaim: {claimName: spire-server-socket"))
    }
}
