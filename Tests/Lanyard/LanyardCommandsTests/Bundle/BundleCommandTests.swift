import ArgumentParser
import FoundationEssentials
import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardOperator
import Testing

@testable import LanyardCommands

@Suite("lanyard bundle")
struct BundleCommandTests {
    /// Answers by the path, and by where a list goes on; other paths are not served.
    private struct ScriptedAPI: KubernetesAPI {
        var answers: [String: String]

        func send(_ request: APIRequest) async throws -> Data {
            let token = request.query.first { $0.name == "continue" }?.value
            let place = request.path + (token.map { "?\($0)" } ?? "")
            guard let answer = answers[place] else { throw KubernetesError(.forbidden, "canary") }
            return Data(answer.utf8)
        }

        func openWatch(_ request: APIRequest) async throws -> any AsyncSequence<Data, any Error> & Sendable {
            throw KubernetesError(.notServed, "there are no watches")
        }
    }

    private static let own = "/api/v1/namespaces/lanyard-system"

    /// A cluster in which somebody has put secrets wherever there is text.
    private static let cluster = ScriptedAPI(answers: [
        "/version": #"{"gitVersion": "v1.36.2"}"#,
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/vaultrolebindings.lanyard.dev": #"""
        {"metadata": {"generation": 3}, "status": {"storedVersions": ["v1alpha1"], "conditions": [
        {"type": "Established", "status": "True"}, {"type": "NamesAccepted", "status": "False", "message": "taken"}]}}
        """#,
        "/apis/lanyard.dev/v1alpha1/vaultrolebindings": #"""
        {"metadata": {"continue": "more"}, "items": [{"metadata": {"name": "ready", "namespace": "shop"}, "status":
        {"conditions": [{"type": "Ready", "status": "True", "reason": "Ready", "message": "as declared"}]}}]}
        """#,
        "/apis/lanyard.dev/v1alpha1/vaultrolebindings?more": #"""
        {"metadata": {}, "items": [
        {"metadata": {"name": "web", "namespace": "shop", "generation": 2, "annotations": {"lanyard.dev/paused": "true",
        "note": "canary"}}, "spec": {"role": "canary"}, "status": {"conditions": [{"type": "Ready", "status": "False",
        "reason": "Rejected", "message": "the server says hvs.canaryCANARY123"}]}}]}
        """#,
        "/apis/coordination.k8s.io/v1/namespaces/lanyard-system/leases/lanyard": #"""
        {"metadata": {"name": "lanyard", "namespace": "lanyard-system"}, "spec": {"holderIdentity": "lanyard-1_id"}}
        """#,
        "/apis/events.k8s.io/v1/events": #"""
        {"metadata": {}, "items": [
        {"regarding": {"apiVersion": "v1", "kind": "Pod", "namespace": "shop", "name": "other"}, "note": "of others"},
        {"regarding": {"apiVersion": "lanyard.dev/v1alpha1", "kind": "VaultRoleBinding", "namespace": "shop", "name": "web"},
        "eventTime": "2026-11-30T10:00:00.000000Z", "type": "Warning", "reason": "Rejected", "note": "password=canary"}]}
        """#,
        "\(own)/pods": #"""
        {"items": [{"metadata": {"name": "lanyard-1"}, "spec": {"volumes": [{"configMap": {"name": "lanyard-config"}},
        {"configMap": {"name": "../secrets/vault"}}],
        "containers": [{"name": "lanyard", "image": "example.org/lanyard:1", "args": ["controller"],
        "ports": [{"name": "metrics", "containerPort": 8080}, {"name": "health", "containerPort": 8081}],
        "env": [{"name": "LANYARD_LOG_LEVEL", "value": "debug"}, {"name": "HTTPS_PROXY", "value": "http://canary:1"},
        {"name": "LANYARD_VAULT_ADDRESS", "value": "https://me:canary@vault.example:8200"}]}]},
        "status": {"phase": "Running", "containerStatuses": [{"name": "lanyard", "restartCount": 2, "ready": true,
        "lastState": {"terminated": {"exitCode": 1, "message": "token: canary"}}}]}}]}
        """#,
        "\(own)/configmaps/lanyard-config": #"""
        {"data": {"config.yaml": "clusterName: production\nvault:\n  password: canary\n"}}
        """#,
        "\(own)/configmaps/../secrets/vault": #"{"data": {"key": "canary"}}"#,
        "\(own)/pods/lanyard-1/log": #"""
        {"level":"info","message":"leading"}
        {"level":"warning","message":"reconcile failed","secret":"canary","error":"eyJcanary.eyJcanary.canary"}
        """#,
        "\(own)/pods/lanyard-1:8080/proxy/metrics": """
        # HELP workqueue_depth canary
        workqueue_depth{name="vaultrolebinding"} 4
        """,
        "\(own)/pods/lanyard-1:8081/proxy/readyz": "[+]ping ok\nreadyz check passed\n",
    ])

    private func bundle(of api: ScriptedAPI = Self.cluster) async -> DiagnosticBundle {
        await BundleGatherer(api: api, namespace: "lanyard-system", lines: 100)
            .bundle(at: WallTime(secondsSince1970: 1_767_225_600))
    }

    @Test("no secret gets into it, wherever somebody put it", arguments: ["json", "yaml"])
    func canary(format: String) async throws {
        let command = try BundleCommand.parse(["-o", format])
        let text = try await command.text(of: bundle())
        #expect(!text.lowercased().contains("canary"))
        #expect(text.contains(Redaction.mark))
    }

    @Test("it has what a bug report needs")
    func content() async throws {
        let tree = try await bundle().redacted()
        #expect(tree["lanyard"]?.string == Operator.version && tree["kubernetes"] == "v1.36.2")
        #expect(tree["definitions"]?.array?.first?["storedVersions"] == ["v1alpha1"])
        #expect(tree["definitions"]?.array?.first?["troubles"] == ["NamesAccepted: taken"])
        #expect(tree["counts"]?["VaultRoleBinding"] == ["all": 2, "ready": 1])
        let resources = tree["resources"]?.array ?? []
        #expect(resources.map { $0["name"]?.string } == ["web", "ready"])
        #expect(resources.first?["isPaused"] == true && resources.first?["spec"] == nil)
        #expect(resources.first?["conditions"]?.array?.first?["reason"] == "Rejected")
        #expect(tree["events"]?.array?.map { $0["regarding"]?.string } == ["VaultRoleBinding shop/web"])
        #expect(tree["lease"]?["holderIdentity"] == "lanyard-1_id")
        #expect(tree["configuration"]?["lanyard-config/config.yaml"]?.array?.first == "clusterName: production")
        #expect(tree["configuration"]?.object?.count == 1, "a path is no name of a ConfigMap")
        let pod = try #require(tree["pods"]?.array?.first)
        #expect(pod["restarts"] == 2 && pod["isReady"] == true && pod["image"] == "example.org/lanyard:1")
        #expect(pod["environment"]?.array?.prefix(2) == ["LANYARD_LOG_LEVEL=debug", "HTTPS_PROXY"])
        #expect(pod["metrics"] == ["workqueue_depth{name=\"vaultrolebinding\"} 4"])
        #expect(pod["readiness"] == ["[+]ping ok", "readyz check passed"])
        #expect(pod["log"]?.array?.count == 2 && pod["previousLog"]?.array?.count == 2)
    }

    @Test("what cannot be read is named, without the server's own text, and the rest is there")
    func unreadable() async throws {
        var api = Self.cluster
        for path in ["\(Self.own)/pods", "/apis/events.k8s.io/v1/events"] { api.answers[path] = nil }
        let bundle = await bundle(of: api)
        #expect(bundle.notes.contains("pods: cannot be read: forbidden"))
        #expect(bundle.notes.contains("events: cannot be read: forbidden"))
        #expect(bundle.notes.contains("workloadidentities: cannot be read: forbidden"))
        #expect(bundle.counts["VaultRoleBinding"]?.all == 2 && bundle.counts["WorkloadIdentity"] == nil)
    }

    @Test("an API server that does not answer is asked once")
    func away() async throws {
        let bundle = await bundle(of: ScriptedAPI(answers: [:]))
        #expect(bundle.kubernetes == nil && bundle.notes == ["version: cannot be read: forbidden"])
    }
}
