import FoundationEssentials
import KubernetesModel
import KubernetesTesting
import Testing

@testable import KubernetesClient

/// Credentials and certificates that change while the client runs: at most one failed request each (catalogue, row 401).
@Suite("Faults: credentials", .timeLimit(.minutes(1)))
struct CredentialFaultTests {
    private static let request = APIRequest(.get, "/version")

    /// A server that accepts one token; any is refused while there is none.
    private func withToken(
        _ harness: Harness, _ accepted: Observed<String>,
        _ body: (KubernetesClient, ScriptedServer) async throws -> Void
    ) async throws {
        let handler: ScriptedServer.Handler = { request in
            request.header("Authorization") == "Bearer \(accepted.value)"
                ? .json("{}") : .failure(401, "Unauthorized")
        }
        try await ScriptedServer.run(clock: harness.clock, handler: handler) { server async throws in
            let credentials = ClusterCredentials(authorization: .tokenFile(path: "/token"))
            try await harness.withClient(server, credentials: credentials) { try await body($0, server) }
        }
    }

    @Test("401, and the token was rotated on disk: one refused request, which the caller does not see")
    func rotatedToken() async throws {
        let harness = Harness(files: ["/token": "one\n"])
        let accepted = Observed("one")
        try await withToken(harness, accepted) { client, server async throws in
            _ = try await client.send(Self.request)
            harness.files.write("two\n", to: "/token")
            accepted.update { $0 = "two" }
            _ = try await client.send(Self.request)
            _ = try await client.send(Self.request)
            #expect(
                server.requests.map { $0.header("Authorization") ?? "" }
                    == ["one", "one", "two", "two"].map { "Bearer \($0)" })
        }
    }

    @Test("401, and the token on disk is the same: one request, and the error")
    func refusedToken() async throws {
        let harness = Harness(files: ["/token": "one"])
        try await withToken(harness, Observed("other")) { client, server async throws in
            let error = await #expect(throws: KubernetesError.self) { _ = try await client.send(Self.request) }
            #expect(error?.code == .unauthorized)
            #expect(server.requests.count == 1)
        }
    }

    @Test("a watch whose token was rotated is opened as well")
    func rotatedTokenOfWatch() async throws {
        let harness = Harness(files: ["/token": "one"])
        let accepted = Observed("one")
        try await withToken(harness, accepted) { client, server async throws in
            _ = try await client.send(Self.request)
            harness.files.write("two", to: "/token")
            accepted.update { $0 = "two" }
            for try await line in try await client.openWatch(Self.request) { #expect(line == Data("{}".utf8)) }
            #expect(server.requests.count == 3)
        }
    }

    @Test(
        "an empty, broken or missing token file leaves the token that is known in force",
        arguments: ["", " \n", "a b", nil])
    func brokenTokenFile(content: String?) async throws {
        let harness = Harness(files: ["/token": "one"])
        try await withToken(harness, Observed("one")) { client, server async throws in
            _ = try await client.send(Self.request)
            harness.files.write(content, to: "/token")
            harness.clock.advance(by: .seconds(61))
            _ = try await client.send(Self.request)
            #expect(server.requests.count == 2)
            #expect(harness.logs.lines.contains { $0.hasPrefix("warning token file is unreadable") })
        }
    }

    @Test("the CA was rotated: the handshake fails once, and the caller sees nothing of it")
    func rotatedAuthority() async throws {
        let (old, new) = (try TestAuthority(), try TestAuthority())
        let tls = Observed(ScriptedTLS(certificate: try old.issue(name: "kube")))
        let harness = Harness(files: ["/ca.crt": old.certificatePEM])
        // Each request on a connection of its own, as after the rollout of an API server.
        let answer = ScriptedAnswer.json("{}", headers: [("Connection", "close")])
        try await ScriptedServer.run(tls: tls, script: [answer]) { server async throws in
            let configuration = ClusterConfiguration(
                server: server.url, certificateAuthority: .file(path: "/ca.crt"))
            try await harness.withClient(configuration) { client async throws in
                _ = try await client.send(Self.request)
                harness.files.write(new.certificatePEM, to: "/ca.crt")
                let certificate = try new.issue(name: "kube")
                tls.update { $0.certificate = certificate }
                _ = try await client.send(APIRequest(.post, "/anything", body: Data("{}".utf8)))
                #expect(server.requests.map(\.method) == ["GET", "POST"])
                #expect(server.connectionCount == 3)
                // A bundle that is no use is not looked at over and over.
                tls.update { $0.certificate = (try? old.issue(name: "kube")) ?? $0.certificate }
                let reads = harness.files.readCount
                for _ in 0..<3 {
                    await #expect(throws: KubernetesError.self) {
                        _ = try await client.send(APIRequest(.post, "/anything"))
                    }
                }
                #expect(harness.files.readCount == reads)
            }
        }
        let metrics = harness.metrics
        #expect(metrics.contains("rest_client_transport_ca_reload_total{result=\"changed\"} 1"))
    }

    @Test("a CA bundle is read again after five minutes, and idle connections of the old one get no more requests")
    func reloadedAuthority() async throws {
        let authority = try TestAuthority()
        let harness = Harness(files: ["/ca.crt": authority.certificatePEM])
        let tls = Observed(ScriptedTLS(certificate: try authority.issue(name: "kube")))
        try await ScriptedServer.run(tls: tls, script: [.json("{}")]) { server async throws in
            let configuration = ClusterConfiguration(
                server: server.url, certificateAuthority: .file(path: "/ca.crt"))
            try await harness.withClient(configuration) { client async throws in
                _ = try await client.send(Self.request)
                harness.files.write("\(authority.certificatePEM)\n\(try TestAuthority().certificatePEM)", to: "/ca.crt")
                harness.clock.advance(by: .seconds(299))
                _ = try await client.send(Self.request)
                #expect(server.requests.map(\.connection) == [0, 0])
                harness.clock.advance(by: .seconds(1))
                _ = try await client.send(Self.request)
                #expect(server.requests.map(\.connection) == [0, 0, 1])
                // Neither empty nor broken bundles change anything.
                for broken in ["", "no PEM", nil] as [String?] {
                    harness.files.write(broken, to: "/ca.crt")
                    harness.clock.advance(by: .seconds(300))
                    _ = try await client.send(Self.request)
                }
                #expect(server.requests.map(\.connection) == [0, 0, 1, 1, 1, 1])
            }
        }
        let metrics = harness.metrics
        #expect(metrics.contains("rest_client_transport_ca_reload_total{result=\"changed\"} 1"))
        #expect(metrics.contains("rest_client_transport_ca_reload_total{result=\"failed\"} 3"))
    }

    /// A client with a certificate in files.
    private func configuration(_ server: ScriptedServer, _ authority: TestAuthority) -> ClusterConfiguration {
        ClusterConfiguration(
            server: server.url, certificateAuthority: .inline(Secret(authority.certificatePEM)),
            credentials: .init(clientCertificate: .init(chain: .file(path: "/crt"), key: .file(path: "/key"))))
    }

    @Test("the client certificate was rotated, and the server refuses the old one in the handshake")
    func rotatedCertificate() async throws {
        let (servers, old, new) = (try TestAuthority(), try TestAuthority(), try TestAuthority())
        let (first, second) = (try old.issue(name: "operator"), try new.issue(name: "operator"))
        let tls = Observed(ScriptedTLS(certificate: try servers.issue(name: "kube"), clientAuthority: old))
        let harness = Harness(files: ["/crt": first.certificatePEM, "/key": first.keyPEM])
        let answer = ScriptedAnswer.json("{}", headers: [("Connection", "close")])
        try await ScriptedServer.run(tls: tls, script: [answer]) { server async throws in
            try await harness.withClient(configuration(server, servers)) { client async throws in
                _ = try await client.send(Self.request)
                harness.files.write(second.certificatePEM, to: "/crt")
                harness.files.write(second.keyPEM, to: "/key")
                tls.update { $0.clientAuthority = new }
                _ = try await client.send(Self.request)
                #expect(server.requests.map(\.clientCertificate) == [first.serialNumber, second.serialNumber])
                #expect(server.connectionCount == 3)
            }
        }
    }

    @Test("the client certificate was rotated, and the server answers 401 to the old one")
    func refusedCertificate() async throws {
        let authority = try TestAuthority()
        let (first, second) = (try authority.issue(name: "operator"), try authority.issue(name: "operator"))
        let tls = Observed(ScriptedTLS(certificate: try authority.issue(name: "kube"), clientAuthority: authority))
        let harness = Harness(files: ["/crt": first.certificatePEM, "/key": first.keyPEM])
        let accepted = Observed(first.serialNumber)
        let handler: ScriptedServer.Handler = { request in
            request.clientCertificate == accepted.value ? .json("{}") : .failure(401, "Unauthorized")
        }
        try await ScriptedServer.run(tls: tls, handler: handler) { server async throws in
            try await harness.withClient(configuration(server, authority)) { client async throws in
                _ = try await client.send(Self.request)
                // Half of the new pair is of no use.
                harness.files.write(second.certificatePEM, to: "/crt")
                harness.clock.advance(by: .seconds(300))
                _ = try await client.send(Self.request)
                #expect(server.requests.map(\.clientCertificate) == [first.serialNumber, first.serialNumber])
                harness.files.write(second.keyPEM, to: "/key")
                accepted.update { $0 = second.serialNumber }
                _ = try await client.send(Self.request)
                #expect(
                    server.requests.map(\.clientCertificate) == [
                        first.serialNumber, first.serialNumber, first.serialNumber, second.serialNumber,
                    ])
            }
        }
        #expect(harness.logs.lines.contains { $0.contains("client-key: does not belong to the client-certificate") })
        #expect(!harness.logs.lines.contains { $0.contains("PRIVATE KEY") })
    }
}
