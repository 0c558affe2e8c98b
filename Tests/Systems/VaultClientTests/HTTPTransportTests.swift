import FoundationEssentials
import HTTPTypes
import Hummingbird
import KubernetesModel
import Logging
import NIOCore
import Synchronization
import Testing

@testable import VaultClient

@Suite("HTTPTransport", .timeLimit(.minutes(1)))
struct HTTPTransportTests {
    @Test("sends the headers that servers and agents want, and the path as it was encoded")
    func headers() async throws {
        let seen = Mutex<[String]>([])
        try await withServer { request in
            let names = ["X-Vault-Request", "X-Vault-Namespace", "X-Vault-Token", "X-Vault-Index", "Content-Type"]
            let values = names.map { name in
                HTTPField.Name(name).flatMap { request.headers[$0] } ?? "-"
            }
            seen.withLock {
                $0.append(([request.method.rawValue, request.head.path ?? ""] + values).joined(separator: " "))
            }
            return Response(status: .noContent)
        } _: { transport in
            var request = VaultRequest(.post, try VaultPath("sys/policies/acl/a b"), body: ["policy": "x"])
            request.token = "t"
            request.index = "i"
            let response = try await transport.send(request, timeout: .seconds(10))
            #expect(response == VaultResponse(status: 204))
            var health = VaultRequest(.get, try VaultPath("sys/health"), query: "standbyok=true")
            health.isForRootNamespace = true
            _ = try await transport.send(health, timeout: .seconds(10))
        }
        #expect(
            seen.withLock { $0 } == [
                "POST /v1/sys/policies/acl/a%20b true team t i application/json",
                "GET /v1/sys/health?standbyok=true true - - - -",
            ])
    }

    @Test("does not follow a redirect")
    func redirect() async throws {
        let count = Mutex(0)
        try await withServer { _ in
            count.withLock { $0 += 1 }
            return Response(status: .temporaryRedirect, headers: [.location: "/v1/elsewhere"])
        } _: { transport in
            let response = try await transport.send(VaultRequest(.get, try VaultPath("a/b")), timeout: .seconds(10))
            #expect(response.status == 307)
        }
        #expect(count.withLock { $0 } == 1)
    }

    @Test("reads body, Retry-After and X-Vault-Index")
    func answer() async throws {
        let indexHeader = try #require(HTTPField.Name("X-Vault-Index"))
        try await withServer { _ in
            Response(
                status: .tooManyRequests, headers: [.retryAfter: "7", indexHeader: "abc"],
                body: .init(byteBuffer: ByteBuffer(string: #"{"errors":["x"]}"#)))
        } _: { transport in
            let response = try await transport.send(VaultRequest(.get, try VaultPath("a/b")), timeout: .seconds(10))
            #expect(
                response
                    == VaultResponse(
                        status: 429, body: .envelope(VaultEnvelope(errors: ["x"])), retryAfter: .seconds(7),
                        index: "abc"))
        }
    }

    @Test("a call that is not answered in time is slow: whether the server is away is for others to find out")
    func timeout() async throws {
        let gate = Gate()
        try await withServer { _ in
            await gate.pass()
            return Response(status: .noContent)
        } _: { transport in
            let path = try VaultPath("a/b")
            #expect(
                await code { _ = try await transport.send(VaultRequest(.get, path), timeout: .milliseconds(50)) }
                    == .slow)
            gate.open()
        }
    }

    @Test("a closed port is unavailable, without a word about its address")
    func refusedConnection() async throws {
        let transport = try HTTPTransport(configuration("http://127.0.0.1:1"), clock: ManualClock())
        let path = try VaultPath("a/b")
        await #expect(throws: VaultError(.unavailable, "the server cannot be reached")) {
            _ = try await transport.send(VaultRequest(.get, path), timeout: .seconds(10))
        }
        await transport.shutDown()
    }

    @Test(
        "an address that is no URL and an unreadable CA file are refused at once",
        arguments: [
            ("vault:8200", nil), ("ftp://vault", nil), ("https://", nil), ("", nil),
            ("https://vault:8200", "/nonexistent/ca.crt"),
        ])
    func configurationErrors(_ address: String, _ caFile: String?) {
        var configuration = configuration(address)
        configuration.caFile = caFile
        #expect(
            performing: { _ = try HTTPTransport(configuration, clock: ManualClock()) },
            throws: { ($0 as? VaultError)?.code == .rejected })
    }

    private func configuration(_ address: String) -> VaultConnectionConfiguration {
        VaultConnectionConfiguration(address: address, namespace: "team", authentication: .token(file: "-"))
    }

    /// Serves a handler on a free port of the loopback while the body runs.
    private func withServer(
        _ handler: @escaping @Sendable (Request) async throws -> Response,
        _ body: @escaping @Sendable (HTTPTransport) async throws -> Void
    ) async throws {
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        let application = Application(
            responder: CallbackResponder { (request: Request, _: BasicRequestContext) in try await handler(request) },
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in continuation.yield(channel.localAddress?.port ?? 0) },
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await application.runService(gracefulShutdownSignals: []) }
            let port = try #require(await ports.first { _ in true })
            let transport = try HTTPTransport(configuration("http://127.0.0.1:\(port)/"), clock: ManualClock())
            do {
                try await body(transport)
            } catch {
                await transport.shutDown()
                group.cancelAll()
                throw error
            }
            await transport.shutDown()
            group.cancelAll()
        }
    }
}
