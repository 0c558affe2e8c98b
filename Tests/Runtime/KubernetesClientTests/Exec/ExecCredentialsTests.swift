import FoundationEssentials
import KubernetesModel
import KubernetesTesting
import Synchronization
import Testing

@testable import KubernetesClient

@Suite("ExecCredentials", .timeLimit(.minutes(1)))
struct ExecCredentialsTests {
    /// Counts the runs of a plugin.
    private final class Runs: Sendable {
        let invocations = Observed<[ProcessRunner.Invocation]>([])
        let outcome: Observed<ProcessRunner.Outcome>
        let gate = Observed(true)

        init(_ output: String) {
            outcome = Observed(ProcessRunner.Outcome(output: Data(output.utf8)))
        }

        var runner: ProcessRunner {
            ProcessRunner { invocation in
                self.invocations.update { $0.append(invocation) }
                try await self.gate.wait { $0 }
                return self.outcome.value
            }
        }

        func print(_ output: String) {
            outcome.update { $0.output = Data(output.utf8) }
        }
    }

    private static func token(_ token: String, expires: String? = nil) -> String {
        let expiry = expires.map { #","expirationTimestamp":"\#($0)""# } ?? ""
        return #"{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","#
            + #""status":{"token":"\#(token)"\#(expiry)}}"#
    }

    private func make(
        _ harness: Harness, _ runs: Runs, plugin: ExecPlugin = ExecPlugin(version: .v1, command: "aws"),
        configuration: ClusterConfiguration = ClusterConfiguration(server: "https://k")
    ) -> ExecCredentials {
        ExecCredentials(
            plugin, cluster: ExecClusterInfo(configuration, files: harness.files.reader),
            environment: .simulated(seed: 1, clock: harness.clock), processes: runs.runner,
            metrics: harness.registry, logger: harness.logger)
    }

    @Test("are asked for again a minute before they expire")
    func expiry() async throws {
        let harness = Harness()
        let runs = Runs(Self.token("one", expires: "2026-01-01T00:10:00Z"))
        let credentials = make(harness, runs)
        for _ in 0..<3 { #expect(try await credentials.credentials().header == Secret("Bearer one")) }
        #expect(runs.invocations.value.count == 1)
        #expect(harness.metrics.contains("rest_client_exec_plugin_ttl_seconds 600"))
        runs.print(Self.token("two"))
        harness.clock.advance(by: .seconds(539))
        #expect(try await credentials.credentials().header == Secret("Bearer one"))
        harness.clock.advance(by: .seconds(1))
        #expect(try await credentials.credentials().header == Secret("Bearer two"))
        harness.clock.advance(by: .seconds(1_000_000))
        #expect(try await credentials.credentials().header == Secret("Bearer two"), "no expiry, no new run")
        #expect(runs.invocations.value.count == 2)
    }

    @Test("that live for less than a minute are kept for most of their life")
    func shortLife() async throws {
        let harness = Harness()
        let runs = Runs(Self.token("one", expires: "2026-01-01T00:00:50Z"))
        let credentials = make(harness, runs)
        for _ in 0..<4 {
            #expect(try await credentials.credentials().header == Secret("Bearer one"))
            harness.clock.advance(by: .seconds(11))
        }
        #expect(runs.invocations.value.count == 1)
        runs.print(Self.token("two"))
        harness.clock.advance(by: .seconds(1))
        #expect(try await credentials.credentials().header == Secret("Bearer two"))
    }

    @Test("a plugin that fails is not run by every request, and soon again")
    func failureIsRemembered() async throws {
        let harness = Harness()
        let runs = Runs("no")
        let credentials = make(harness, runs)
        for runsSoFar in 1...6 {
            for _ in 0..<20 {
                await #expect(throws: KubernetesError.self) { try await credentials.credentials() }
            }
            #expect(runs.invocations.value.count == runsSoFar)
            harness.clock.advance(by: .seconds(10))
        }
        runs.print(Self.token("one"))
        #expect(try await credentials.credentials().header == Secret("Bearer one"))
    }

    @Test(
        "what a plugin says is shown without what may be a token",
        arguments: [
            "got eyJhbGciOiJub25lIn0.canary.x", "Authorization: Bearer canary", "token=canary", #"{"token":"canary"}"#,
            "key canary0123456789012345678901234567890123456789",
        ])
    func complaint(_ line: String) {
        #expect(!Complaint.redacted(line).contains("canary"))
        #expect(
            Complaint.redacted("the session has expired, run aws sso login")
                == "the session has expired, run aws sso login")
    }

    @Test("are asked for once however many requests need them")
    func singleFlight() async throws {
        let runs = Runs(Self.token("one"))
        runs.gate.update { $0 = false }
        let harness = Harness()
        let credentials = make(harness, runs)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    let header = try await credentials.credentials().header
                    #expect(header == Secret("Bearer one"))
                }
            }
            try await runs.invocations.wait { $0.count == 1 }
            runs.gate.update { $0 = true }
            try await group.waitForAll()
        }
        #expect(runs.invocations.value.count == 1)
    }

    @Test("when the request that runs the plugin is cancelled, another one runs it")
    func cancelledLeader() async throws {
        let runs = Runs(Self.token("one"))
        runs.gate.update { $0 = false }
        let credentials = make(Harness(), runs)
        try await withThrowingTaskGroup(of: Void.self) { leader in
            leader.addTask { _ = try await credentials.credentials() }
            try await runs.invocations.wait { $0.count == 1 }
            async let follower = credentials.credentials().header
            leader.cancelAll()
            await #expect(throws: CancellationError.self) { try await leader.waitForAll() }
            runs.gate.update { $0 = true }
            let header = try await follower
            #expect(header == Secret("Bearer one"))
        }
        #expect(runs.invocations.value.count == 2)
    }

    @Test("a refused token makes the plugin run again, and the caller sees nothing of it")
    func refused() async throws {
        let runs = Runs(Self.token("one"))
        var harness = Harness()
        harness.processes = runs.runner
        let accepted = Observed("one")
        let handler: ScriptedServer.Handler = { request in
            request.header("Authorization") == "Bearer \(accepted.value)"
                ? .json("{}") : .failure(401, "Unauthorized")
        }
        try await ScriptedServer.run(handler: handler) { server async throws in
            let user = ClusterCredentials(authorization: .plugin(ExecPlugin(version: .v1, command: "aws")))
            try await harness.withClient(server, credentials: user) { client async throws in
                _ = try await client.send(APIRequest(.get, "/version"))
                accepted.update { $0 = "two" }
                runs.print(Self.token("two"))
                _ = try await client.send(APIRequest(.get, "/version"))
                #expect(server.requests.count == 3)
                accepted.update { $0 = "three" }
                let error = await #expect(throws: KubernetesError.self) {
                    _ = try await client.send(APIRequest(.get, "/version"))
                }
                #expect(error?.code == .unauthorized)
                #expect(server.requests.count == 5)
            }
        }
        #expect(runs.invocations.value.count == 3)
    }

    @Test("may be a client certificate")
    func certificate() async throws {
        let authority = try TestAuthority()
        let own = try authority.issue(name: "operator")
        let output: JSONValue = [
            "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
            "status": [
                "clientCertificateData": .string(own.certificatePEM), "clientKeyData": .string(own.keyPEM),
            ],
        ]
        var harness = Harness()
        harness.processes = Runs(String(decoding: try JSON.encode(output), as: UTF8.self)).runner
        let tls = Observed(ScriptedTLS(certificate: try authority.issue(name: "kube"), clientAuthority: authority))
        try await ScriptedServer.run(tls: tls, script: [.json("{}")]) { server async throws in
            let configuration = ClusterConfiguration(
                server: server.url, certificateAuthority: .inline(Secret(authority.certificatePEM)),
                credentials: .init(authorization: .plugin(ExecPlugin(version: .v1, command: "aws"))))
            try await harness.withClient(configuration) { client async throws in
                for _ in 0..<2 { _ = try await client.send(APIRequest(.get, "/version")) }
                #expect(server.requests.map(\.clientCertificate) == [own.serialNumber, own.serialNumber])
                #expect(server.connectionCount == 1)
            }
        }
    }

    @Test("the plugin is told the version, and the cluster if it wants to know", arguments: [true, false])
    func information(providesClusterInfo: Bool) async throws {
        let harness = Harness(files: ["/ca": "pem"])
        let runs = Runs(Self.token("one"))
        let plugin = ExecPlugin(
            version: .v1, command: "/bin/aws", arguments: ["eks", "get-token"], variables: ["A": Secret("b")],
            providesClusterInfo: providesClusterInfo, clusterExtension: Secret(#"{"region":"x"}"#))
        let configuration = ClusterConfiguration(
            server: "https://k", certificateAuthority: .file(path: "/ca"), tlsServerName: "kube", proxyURL: "http://p")
        _ = try await make(harness, runs, plugin: plugin, configuration: configuration).credentials()
        let invocation = try #require(runs.invocations.value.first)
        #expect(invocation.command == "/bin/aws")
        #expect(invocation.arguments == ["eks", "get-token"])
        #expect(invocation.variables["A"] == "b")
        let information = try JSONValue(parsing: Data((invocation.variables["KUBERNETES_EXEC_INFO"] ?? "").utf8))
        let cluster: JSONValue = [
            "server": "https://k", "certificate-authority-data": "cGVt", "tls-server-name": "kube",
            "proxy-url": "http://p", "config": ["region": "x"],
        ]
        var spec: JSONValue = ["interactive": false]
        if providesClusterInfo { spec["cluster"] = cluster }
        #expect(
            information == [
                "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "spec": spec,
            ])
    }

    @Test("a plugin that fails: an error without secrets, and its complaints in the log")
    func failure() async throws {
        let harness = Harness()
        let runs = Runs("s3cr3t")
        runs.outcome.update {
            $0.exitCode = 3
            $0.complaints = "log in\nfirst\n"
        }
        let error = await #expect(throws: KubernetesError.self) { try await make(harness, runs).credentials() }
        #expect(
            error == KubernetesError(.unauthorized, "the credential plugin aws gave no credentials: exit code 3"))
        #expect(
            harness.logs.lines == ["warning the credential plugin says exec.command=aws exec.stderr=log in\nfirst"])
        runs.outcome.update { $0.exitCode = 0 }
        let malformed = await #expect(throws: KubernetesError.self) { try await make(harness, runs).credentials() }
        #expect(malformed?.description.contains("s3cr3t") == false)
        let metrics = harness.metrics
        #expect(metrics.contains("plugin_execution_error"))
        #expect(metrics.contains("client_internal_error"))
    }

    @Test("a plugin that hangs is given up after 30 s")
    func hanging() async throws {
        let harness = Harness()
        let runs = Runs("")
        runs.gate.update { $0 = false }
        let credentials = make(harness, runs)
        async let outcome = thrown { _ = try await credentials.credentials() }
        await harness.clock.waitForSleepers()
        harness.clock.advance(by: .seconds(30))
        let error = try await outcome
        #expect(
            error?.message == "the credential plugin aws gave no credentials: it did not end within 30s")
    }
}
