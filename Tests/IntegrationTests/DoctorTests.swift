import FoundationEssentials
import KubernetesModel
import Subprocess
import Testing

extension RealServers {
    @Suite("lanyard doctor on real servers")
    struct DoctorTests {
        private let environment: TestEnvironment
        private let bao: Bao

        init() throws {
            environment = try TestEnvironment()
            bao = Bao(environment: environment)
        }

        private var directory: String { "\(environment.directory)/operator" }

        /// What the operator's policy was made of (hack/configure).
        private static let files = [
            "-f", "\(TestEnvironment.repository)/manifests/samples",
            "-f", "\(TestEnvironment.repository)/hack/lib/test-boundary.yaml", "--lease-revocation",
        ]

        /// Runs the command as people do.
        private func lanyard(_ arguments: [String]) async throws -> (output: String, status: TerminationStatus) {
            let result = try await Subprocess.run(
                .name("env"), arguments: Arguments([TestEnvironment.binary("lanyard")] + arguments), input: .none,
                output: .string(limit: 1 << 20),
                error: .string(limit: 1 << 20))
            return (result.standardOutput, result.terminationStatus)
        }

        private func doctor(
            settings: [String] = []
        ) async throws -> (
            problems: [String], text: String, status: TerminationStatus
        ) {
            let (text, status) = try await lanyard(
                ["doctor", "--config", "\(directory)/config.yaml", "--kubeconfig", "\(directory)/kubeconfig"]
                    + Self.files + settings.flatMap { ["--set", $0] } + ["-o", "json"])
            let report = try JSON.decode(JSONValue.self, from: Data(text.utf8))
            let problems = (report["findings"]?.array ?? []).filter { $0["severity"] == "problem" }.map {
                "\($0["subject"]?.string ?? ""): \($0["message"]?.string ?? "")"
            }
            #expect(status == .exited(problems.isEmpty ? 0 : 1))
            return (problems, text, status)
        }

        /// A token with policies of its own, as `vault.auth` settings.
        private func withToken(
            policies: [String: String], _ body: ([String]) async throws -> Void
        ) async throws {
            try await clearing {
                for name in policies.keys { try await bao.delete("sys/policies/acl/\(name)") }
            } after: {
                for (name, text) in policies {
                    try await bao.write("sys/policies/acl/\(name)", ["policy": .string(text)])
                }
                let answer = try await bao.call(
                    "auth/token/create",
                    [
                        "policies": .array(policies.keys.sorted().map(JSONValue.string)), "no_default_policy": true,
                        "ttl": "5m",
                    ])
                let token = try #require(answer["auth"]?["client_token"]?.string)
                let file = "\(environment.directory)/doctor-token"
                try token.write(to: URL(filePath: file), atomically: true, encoding: .utf8)
                defer { try? FileManager.default.removeItem(atPath: file) }
                try await body(["vault.auth.method=token", "vault.auth.tokenFile=\(file)"])
            }
        }

        /// What `lanyard vault-policy` prints.
        private func leastPolicy(name: String, settings: [String] = []) async throws -> String {
            let (text, status) = try await lanyard(
                ["vault-policy", "--config", "\(directory)/config.yaml", "--policy-name", name] + Self.files
                    + settings.flatMap { ["--set", $0] })
            try #require(status == .exited(0))
            return text
        }

        @Test("nothing is to be fixed in an environment that hack/configure made, and no secret is told")
        func clean() async throws {
            let (problems, text, _) = try await doctor()
            #expect(problems == [])
            #expect(text.contains("the policies say exactly what is needed"))
            for file in ["kubernetes-token", "vault-token"] {
                let secret = try String(contentsOf: URL(filePath: "\(directory)/\(file)"), encoding: .utf8)
                #expect(!secret.isEmpty && !text.contains(secret))
            }
        }

        @Test("a token with too much is told policy by policy, and with too little path by path")
        func capabilities() async throws {
            let exact = try await leastPolicy(name: "doctor-exact")
            try await withToken(policies: ["doctor-exact": exact]) { settings in
                let problems = try await doctor(settings: settings).problems
                #expect(problems == [])
            }
            let sudo = "path \"sys/*\" { capabilities = [\"read\", \"sudo\"] }"
            try await withToken(policies: ["doctor-exact": exact, "doctor-wide": sudo]) { settings in
                let problems = try await doctor(settings: settings).problems
                // The text of the second policy may be read because of what it grants.
                #expect(
                    problems == [
                        "excess: policy doctor-wide grants [read, sudo] on \"sys/*\", which the operator does not need"
                    ])
            }
            let blind = "path \"secret/*\" { capabilities = [\"read\"] }"
            try await withToken(policies: ["doctor-exact": exact, "doctor-wide": blind]) { settings in
                let (problems, text, _) = try await doctor(settings: settings)
                #expect(problems.count == 1)
                #expect(
                    problems.first?.hasPrefix("excess: the token may [read] secret/data/zz-") == true, "\(problems)")
                #expect(text.contains("the token may not read doctor-wide"))
            }
            let little = exact.replacing("\"update\", \"delete\"", with: "\"update\"")
            #expect(little != exact)
            try await withToken(policies: ["doctor-exact": little]) { settings in
                let problems = try await doctor(settings: settings).problems
                #expect(problems.contains("capabilities: lacks [delete] on sys/policies/acl/it-*"), "\(problems)")
                #expect(problems.allSatisfy { $0.hasPrefix("capabilities: lacks [delete] on ") })
            }
            #expect(
                try await doctor(settings: [
                    "vault.auth.method=token", "vault.auth.tokenFile=\(rootTokenFile())",
                ]).problems == ["token: is a root token: it may do anything"])
        }

        private func rootTokenFile() throws -> String {
            let file = "\(environment.directory)/doctor-root-token"
            try environment.vaultToken.write(to: URL(filePath: file), atomically: true, encoding: .utf8)
            return file
        }

        @Test("what no record and no binding has is named, where the token may list")
        func leftover() async throws {
            let name = "lanyard.production.it-doctor.gone"
            try await clearing {
                try await bao.delete("sys/policies/acl/\(name)")
            } after: {
                try await bao.write(
                    "sys/policies/acl/\(name)", ["policy": "path \"secret/data/x\" { capabilities = [\"read\"] }"])
                let exact = try await leastPolicy(name: "doctor-exact")
                let list = "path \"sys/policies/acl\" { capabilities = [\"list\"] }"
                try await withToken(policies: ["doctor-exact": exact, "doctor-list": list]) { settings in
                    let text = try await doctor(settings: settings).text
                    #expect(text.contains("\(name) has a derived name that no record and no binding has"), "\(text)")
                }
            }
        }

        @Test("a mount that is missing, a login that is refused, and a server that is away are told as what they are")
        func links() async throws {
            let elsewhere = ["vault.mounts.kubernetesAuth=absent"]
            let exact = try await leastPolicy(name: "doctor-exact", settings: elsewhere)
            try await withToken(policies: ["doctor-exact": exact]) { settings in
                let problems = try await doctor(settings: settings + elsewhere).problems
                #expect(problems == ["mount auth/absent: nothing is mounted there"])
            }
            #expect(
                try await doctor(settings: ["vault.auth.role=nobody"]).problems.map { $0.prefix(12) } == [
                    "login: fails"
                ])
            let away = try await doctor(settings: ["vault.address=http://127.0.0.1:1", "spire.address=unix:///nowhere"])
            #expect(
                away.problems.map { $0.prefix { $0 != ":" } } == ["server", "server"], "\(away.problems)")
            let sealed = try await clearing {
                try await bao.unseal()
            } after: {
                try await bao.seal()
                return try await doctor().problems
            }
            #expect(sealed == ["server: does not serve: the server is sealed or not initialised"])
        }
    }
}
