import FoundationEssentials
import KubernetesTesting
import Testing

@testable import KubernetesClient

@Suite("Connections through proxies", .timeLimit(.minutes(1)))
struct ProxyConnectionTests {
    private let request = APIRequest(.get, "/version")

    /// A server with TLS behind a proxy; its name is known to nobody but the proxy.
    private func withProxy(
        _ handshake: FaultProxy.Handshake,
        _ body: (FaultProxy, ScriptedServer, TestAuthority) async throws -> Void
    ) async throws {
        let authority = try TestAuthority()
        let tls = Observed(ScriptedTLS(certificate: try authority.issue(name: "kube", hosts: ["kube.invalid"])))
        try await ScriptedServer.run(tls: tls, script: [.json("{}")]) { server async throws in
            try await FaultProxy.run(to: .tcp(port: server.port), handshake: handshake) { proxy async throws in
                try await body(proxy, server, authority)
            }
        }
    }

    @Test(
        "HTTP CONNECT, with credentials if the URL has them",
        arguments: [("", nil), ("user:p%40ss@", "Basic dXNlcjpwQHNz")])
    func connect(userInfo: String, authorization: String?) async throws {
        try await withProxy(.connect(authorization: authorization)) { proxy, server, authority async throws in
            let configuration = ClusterConfiguration(
                server: "https://kube.invalid:6443",
                certificateAuthority: .inline(Secret(authority.certificatePEM)),
                proxyURL: "http://\(userInfo)127.0.0.1:\(proxy.port)")
            try await Harness().withClient(configuration) { client async throws in
                _ = try await client.send(request)
            }
            #expect(proxy.targets.value == ["kube.invalid:6443"])
            #expect(server.requests.first?.header("Proxy-Authorization") == nil)
        }
    }

    @Test("the proxy of the environment, unless NO_PROXY has the host")
    func environment() async throws {
        try await withProxy(.connect(authorization: nil)) { proxy, server, authority async throws in
            var harness = Harness()
            harness.variables = ["HTTPS_PROXY": "http://127.0.0.1:\(proxy.port)"]
            let configuration = ClusterConfiguration(
                server: "https://kube.invalid", certificateAuthority: .inline(Secret(authority.certificatePEM)))
            try await harness.withClient(configuration) { client async throws in
                _ = try await client.send(request)
            }
            #expect(proxy.targets.value == ["kube.invalid:443"])
            harness.variables["NO_PROXY"] = ".invalid"
            try await harness.withClient(configuration) { client async throws in
                let error = await #expect(throws: KubernetesError.self) {
                    _ = try await client.send(APIRequest(.post, "/"))
                }
                #expect(error?.code == .unreachable)
            }
            #expect(proxy.connectionCount.value == 1)
        }
    }

    @Test("SOCKS5 resolves names at the proxy")
    func socks() async throws {
        try await withProxy(.socks5) { proxy, _, authority async throws in
            let configuration = ClusterConfiguration(
                server: "https://kube.invalid:6443",
                certificateAuthority: .inline(Secret(authority.certificatePEM)),
                proxyURL: "socks5://127.0.0.1:\(proxy.port)")
            try await Harness().withClient(configuration) { client async throws in
                _ = try await client.send(request)
            }
            #expect(proxy.targets.value == ["kube.invalid:6443"])
        }
    }

    @Test("tls-server-name is the name in the certificate, not the name that the proxy connects to")
    func serverName() async throws {
        try await withProxy(.connect(authorization: nil)) { proxy, _, authority async throws in
            let configuration = ClusterConfiguration(
                server: "https://10.1.2.3:6443", certificateAuthority: .inline(Secret(authority.certificatePEM)),
                tlsServerName: "kube.invalid", proxyURL: "http://127.0.0.1:\(proxy.port)")
            try await Harness().withClient(configuration) { client async throws in
                _ = try await client.send(request)
            }
            #expect(proxy.targets.value == ["10.1.2.3:6443"])
        }
    }

    @Test("a proxy that wants a login, and one that answers with a page: an error without the page")
    func refused() async throws {
        try await withProxy(.connect(authorization: "Basic eA==")) { proxy, server, _ async throws in
            let configuration = ClusterConfiguration(
                server: "https://kube.invalid", proxyURL: "http://127.0.0.1:\(proxy.port)")
            try await Harness().withClient(configuration) { client async throws in
                let error = await #expect(throws: KubernetesError.self) {
                    _ = try await client.send(APIRequest(.post, "/"))
                }
                #expect(error?.code == .unreachable)
            }
            #expect(server.requests.isEmpty)
        }
        try await ScriptedServer.run(script: [.html(200)]) { captive async throws in
            let configuration = ClusterConfiguration(server: "https://kube.invalid", proxyURL: captive.url)
            try await Harness().withClient(configuration) { client async throws in
                let error = await #expect(throws: KubernetesError.self) {
                    _ = try await client.send(APIRequest(.post, "/"))
                }
                #expect(error?.code == .unreachable)
                #expect(error?.message.contains("html") == false)
            }
        }
    }
}
