import FoundationEssentials
import Subprocess
import Testing

extension RealServers {
    @Suite("Manifests")
    struct ManifestRenderTests {
        let environment: TestEnvironment

        init() throws { environment = try TestEnvironment() }

        @Test("kubectl renders manifests/base, and the API server accepts every object of it")
        func base() async throws {
            let rendered = try await kubectl(["kustomize", "\(TestEnvironment.repository)/manifests/base"])
            let kinds = rendered.split(separator: "\n").filter { $0.hasPrefix("kind: ") }.map { $0.dropFirst(6) }
            #expect(
                Set(kinds) == [
                    "Namespace", "CustomResourceDefinition", "ServiceAccount", "ClusterRole", "ClusterRoleBinding",
                    "Role", "RoleBinding", "Secret", "ConfigMap", "Deployment", "PodDisruptionBudget", "Service",
                    "NetworkPolicy",
                ])
            // The pods' reference follows the suffix of the ConfigMap's name, or a change of it would not reach them.
            let names = rendered.split(separator: "\n").filter {
                $0.contains("name: lanyard-") && !$0.contains("lanyard-system")
            }
            .map { $0.split(separator: " ").last ?? "" }
            .filter { !["lanyard-metrics", "lanyard-view", "lanyard-edit", "lanyard-digest-key"].contains($0) }
            #expect(names.count == 2 && Set(names).count == 1, "\(names)")
            // Nothing else gets the suffix: the operator asks for the lease by its name.
            #expect(rendered.contains("  resourceNames:\n  - lanyard\n  resources:\n  - leases\n"))

            let versions = try await kubectl(["api-versions"])
            // What servers before 1.21 call it.
            let accepted =
                versions.contains("policy/v1\n")
                ? rendered : rendered.replacing("policy/v1\n", with: "policy/v1beta1\n")
            let flags = versions.contains("policy/v1\n") ? [] : ["--validate=false"]
            let answer = try await kubectl(["apply", "--dry-run=server", "-f", "-"] + flags, input: accepted)
            #expect(
                answer.split(separator: "\n").count { $0.hasSuffix("(server dry run)") } == kinds.count, "\(answer)")
        }

        @Test(
            "kubectl renders the base with the operator's own identity, with the server's socket or over TCP",
            arguments: ["workload-api", "spire-tcp"])
        func ownIdentity(component: String) async throws {
            let directory = "\(environment.directory)/overlay-\(component)"
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: directory) }
            // Paths of an overlay are relative to it.
            let up = String(repeating: "../", count: URL(filePath: directory).pathComponents.count - 1)
            let root = up + TestEnvironment.repository.dropFirst()
            let overlay = """
                apiVersion: kustomize.config.k8s.io/v1beta1
                kind: Kustomization
                resources: [\(root)/manifests/base]
                components: [\(root)/manifests/\(component)]
                """
            try Data(overlay.utf8).write(to: URL(filePath: "\(directory)/kustomization.yaml"))
            let rendered = try await kubectl(["kustomize", directory])
            let deployment = try #require(
                rendered.split(separator: "\n---\n", omittingEmptySubsequences: true).first {
                    $0.contains("\nkind: Deployment\n")
                })
            let isTCP = component == "spire-tcp"
            #expect(deployment.contains("driver: csi.spiffe.io"))
            #expect(deployment.contains("mountPath: /run/spire/sockets"))
            #expect(deployment.contains("spire-server-socket") != isTCP)
            #expect(deployment.contains("mountPath: /run/spire/server/private") != isTCP)
            #expect(deployment.contains("LANYARD_SPIRE_ADDRESS") == isTCP)
            // What the base has besides is still there.
            #expect(deployment.contains("MALLOC_ARENA_MAX") && deployment.contains("name: vault-token"))
            let answer = try await kubectl(
                ["apply", "--dry-run=server", "-f", "-", "--validate=false"], input: String(deployment))
            #expect(answer.hasPrefix("deployment.apps/lanyard "), "\(answer)")
        }

        private func kubectl(_ arguments: [String], input: String = "") async throws -> String {
            let outcome = try await Subprocess.run(
                .name("env"), arguments: Arguments([environment.variable("KUBECTL")] + arguments),
                input: .string(input),
                output: .string(limit: 1 << 22), error: .string(limit: 65_536))
            try #require(outcome.terminationStatus.isSuccess, "kubectl \(arguments): \(outcome.standardError)")
            return outcome.standardOutput
        }
    }
}
