import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import Testing

@testable import KubernetesTesting

@Suite("FaultProxy", .timeLimit(.minutes(1)))
struct FaultProxyTests {
    private let text = String(repeating: "0123456789", count: 500)

    /// Asks through a proxy, on a connection of its own.
    private func withProxy(
        _ script: [ScriptedAnswer]? = nil, conduct: FaultProxy.Conduct = .init(),
        _ body: (FaultProxy, ScriptedServer, HTTPClient) async throws -> Void
    ) async throws {
        try await ScriptedServer.run(script: script ?? [.json("\"\(text)\"")]) { server async throws in
            try await FaultProxy.run(to: .tcp(port: server.port), conduct: conduct) { proxy async throws in
                try await HTTPClient.withHTTPClient { try await body(proxy, server, $0) }
            }
        }
    }

    private func get(_ proxy: FaultProxy, _ client: HTTPClient) async throws -> String {
        let request = HTTPClientRequest(url: "http://127.0.0.1:\(proxy.port)/")
        let response = try await client.execute(request, timeout: .seconds(20))
        return String(buffer: try await response.body.collect(upTo: 10_000))
    }

    @Test(
        "lets everything arrive that it only cuts or slows down",
        arguments: [
            Flow(), Flow(pieceSize: 1), Flow(delay: .milliseconds(5)), Flow(bytesPerSecond: 20_000),
            Flow(pieceSize: 7, bytesPerSecond: 100_000),
        ])
    func unharmed(flow: Flow) async throws {
        var conduct = FaultProxy.Conduct()
        conduct.toClient = flow
        conduct.toServer = flow
        try await withProxy(conduct: conduct) { proxy, _, client async throws in
            #expect(try await get(proxy, client) == "\"\(text)\"")
            #expect(try await get(proxy, client) == "\"\(text)\"")
            #expect(proxy.connectionCount.value == 1)
        }
    }

    @Test("ends a connection after so many bytes", arguments: [Flow.Ending.close, .reset], [0, 100])
    func truncated(ending: Flow.Ending, limit: Int) async throws {
        var conduct = FaultProxy.Conduct()
        conduct.toClient = Flow(limit: limit, ending: ending)
        try await withProxy(conduct: conduct) { proxy, server, client async throws in
            await #expect(throws: (any Error).self) { _ = try await get(proxy, client) }
            proxy.conduct.update { $0 = .init() }
            #expect(try await get(proxy, client) == "\"\(text)\"")
            #expect(server.requests.count >= 1)
        }
    }

    @Test("holds everything back while it is stalled, and lets it go on afterwards")
    func stalled() async throws {
        var conduct = FaultProxy.Conduct()
        conduct.toClient.isStalled = true
        try await withProxy(conduct: conduct) { proxy, server, client async throws in
            async let answer = get(proxy, client)
            try await server.waitForRequests(1)
            proxy.conduct.update { $0 = .init() }
            #expect(try await answer == "\"\(text)\"")
        }
    }

    @Test("a stalled proxy gives no sign of life")
    func silence() async throws {
        var conduct = FaultProxy.Conduct()
        conduct.toServer.isStalled = true
        try await withProxy(conduct: conduct) { proxy, server, client async throws in
            let request = HTTPClientRequest(url: "http://127.0.0.1:\(proxy.port)/")
            await #expect(throws: HTTPClientError.deadlineExceeded) {
                _ = try await client.execute(request, timeout: .milliseconds(300))
            }
            #expect(server.requests.isEmpty)
        }
    }

    @Test("cuts open connections on demand", arguments: [Flow.Ending.close, .reset])
    func cut(ending: Flow.Ending) async throws {
        try await withProxy([.watch(["a"], ending: .hang)]) { proxy, _, client async throws in
            let request = HTTPClientRequest(url: "http://127.0.0.1:\(proxy.port)/")
            var body = try await client.execute(request, timeout: .seconds(20)).body.makeAsyncIterator()
            #expect(try await body.next().map { String(buffer: $0) } == "a\n")
            await proxy.cut(ending)
            await #expect(throws: (any Error).self) { _ = try await body.next() }
            try await proxy.waitUntilIdle()
        }
    }

    @Test("ends new connections at once, or leaves them without an answer", arguments: [Flow.Ending.close, .reset])
    func admission(ending: Flow.Ending) async throws {
        var conduct = FaultProxy.Conduct()
        conduct.admission = .end(ending)
        try await withProxy(conduct: conduct) { proxy, server, client async throws in
            await #expect(throws: (any Error).self) { _ = try await get(proxy, client) }
            proxy.conduct.update { $0.admission = .ignore }
            async let answer = get(proxy, client)
            try await proxy.connectionCount.wait { $0 >= 2 }
            #expect(server.requests.isEmpty)
            proxy.conduct.update { $0.admission = .connect }
            #expect(try await answer == "\"\(text)\"")
        }
    }

    @Test("passes on that the server closed, after everything that it had sent")
    func serverCloses() async throws {
        let unframed = ScriptedAnswer { writer in
            try await writer.head(200, headers: [("Content-Length", "9000"), ("Connection", "close")])
            try await writer.body("half".utf8)
            await writer.close()
        }
        try await withProxy([unframed]) { proxy, _, client async throws in
            let request = HTTPClientRequest(url: "http://127.0.0.1:\(proxy.port)/")
            var body = try await client.execute(request, timeout: .seconds(20)).body.makeAsyncIterator()
            #expect(try await body.next().map { String(buffer: $0) } == "half")
            await #expect(throws: (any Error).self) { _ = try await body.next() }
        }
    }

    @Test("listens on and connects to Unix domain sockets")
    func unixSocket() async throws {
        let path = "/tmp/fault-proxy-\(UInt64.random(in: .min ... .max)).sock"
        try await ScriptedServer.run(script: [.json("1")]) { server async throws in
            try await FaultProxy.run(to: .tcp(port: server.port), on: .unix(path: path)) { inner async throws in
                #expect(inner.listener == .unix(path: path))
                try await FaultProxy.run(to: inner.listener) { outer async throws in
                    try await HTTPClient.withHTTPClient { client async throws in
                        #expect(try await get(outer, client) == "1")
                    }
                }
            }
        }
        try? FileManager.default.removeItem(atPath: path)
    }
}
