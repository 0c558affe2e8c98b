import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import NIOSSL
import Testing

@testable import KubernetesTesting

@Suite("ScriptedServer", .timeLimit(.minutes(1)))
struct ScriptedServerTests {
    /// Asks on a connection of its own, and gives up early.
    private func withClient(_ body: (HTTPClient) async throws -> Void) async throws {
        var configuration = HTTPClient.Configuration()
        configuration.timeout.read = .seconds(5)
        configuration.connectionPool.retryConnectionEstablishment = false
        try await HTTPClient.withHTTPClient(configuration: configuration, body)
    }

    private func get(
        _ url: String, tls: TLSConfiguration? = nil, _ client: HTTPClient = .shared
    ) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: url)
        request.tlsConfiguration = tls
        return try await client.execute(request, timeout: .seconds(10))
    }

    private func text(_ response: HTTPClientResponse) async throws -> String {
        String(buffer: try await response.body.collect(upTo: 10_000))
    }

    @Test("records what it is asked, in order, and gives its answers in order, the last one over and over")
    func records() async throws {
        let script: [ScriptedAnswer] = [.json("{}"), .failure(429, "TooManyRequests", retryAfter: 3), .html(503)]
        try await ScriptedServer.run(script: script) { server async throws in
            var first = HTTPClientRequest(url: "\(server.url)/a%2Fb?x=1%202&y")
            first.method = .POST
            first.headers.add(name: "X-Test", value: "v")
            first.body = .bytes(Data("body".utf8))
            let answer = try await HTTPClient.shared.execute(first, timeout: .seconds(10))
            #expect(answer.status == .ok)
            #expect(String(buffer: try await answer.body.collect(upTo: 100)) == "{}")
            let second = try await get("\(server.url)/2")
            #expect(second.status == .tooManyRequests)
            #expect(second.headers["Retry-After"] == ["3"])
            #expect(try await get("\(server.url)/3").status == .serviceUnavailable)
            #expect(try await get("\(server.url)/4").headers["Content-Type"] == ["text/html"])
            let requests = try await server.waitForRequests(4)
            #expect(requests.map(\.index) == [0, 1, 2, 3])
            #expect(requests.map(\.path) == ["/a%2Fb", "/2", "/3", "/4"])
            let recorded = try #require(requests.first)
            #expect(recorded.method == "POST")
            #expect(recorded.query == ["x": "1 2", "y": ""])
            #expect(recorded.header("x-test") == "v")
            #expect(recorded.body == Data("body".utf8))
            #expect(recorded.clientCertificate == nil)
        }
    }

    @Test(
        "cuts the stream as it is told",
        arguments: [
            (.lines, ["ab\n", "c\n"], ""), (.whole, ["ab\nc\n"], ""), (.every(2), ["ab", "\nc", "\n"], ""),
            (.split(at: 1), ["a", "b\nc\n"], ""), (.buffered(3), ["ab\n"], "c\n"), (.buffered(64), [], "ab\nc\n"),
        ] as [(ScriptedAnswer.Chunking, [String], String)])
    func chunking(chunking: ScriptedAnswer.Chunking, beforeEnd: [String], atEnd: String) async throws {
        let cut = chunking.cut(["ab", "c"], lineEnd: "\n", endsLastLine: true)
        #expect(cut.beforeEnd.map { String(decoding: $0, as: UTF8.self) } == beforeEnd)
        #expect(String(decoding: cut.atEnd, as: UTF8.self) == atEnd)
        try await ScriptedServer.run(script: [.watch(["ab", "c"], chunking: chunking)]) { server async throws in
            let text = try await text(get(server.url))
            #expect(text == "ab\nc\n")
        }
    }

    @Test("keeps a stream open without a sign of life")
    func hang() async throws {
        let answer = ScriptedAnswer.watch(["ab", "c"], chunking: .buffered(3), ending: .hang)
        try await ScriptedServer.run(script: [answer]) { server async throws in
            try await withClient { client in
                var iterator = try await get(server.url, client).body.makeAsyncIterator()
                let first = try await iterator.next().map { String(buffer: $0) }
                #expect(first == "ab\n")
                await #expect(throws: HTTPClientError.readTimeout) { _ = try await iterator.next() }
            }
        }
    }

    @Test("ends lines with CRLF, and the last one with nothing, if it is told so")
    func lineEnds() async throws {
        let script: [ScriptedAnswer] = [.watch(["a", "b"], lineEnd: "\r\n", endsLastLine: false)]
        try await ScriptedServer.run(script: script) { server async throws in
            #expect(try await text(get(server.url)) == "a\r\nb")
        }
    }

    @Test("breaks a stream off in every way", arguments: [ScriptedAnswer.Ending.closed, .reset])
    func brokenOff(ending: ScriptedAnswer.Ending) async throws {
        try await ScriptedServer.run(script: [.watch(["a"], ending: ending)]) { server async throws in
            await #expect(throws: (any Error).self) { _ = try await text(get(server.url)) }
        }
    }

    @Test("breaks off without an answer", arguments: [("reset", ScriptedAnswer.reset), ("close", .close)])
    func noAnswer(name: String, answer: ScriptedAnswer) async throws {
        try await ScriptedServer.run(script: [answer]) { server async throws in
            await #expect(throws: (any Error).self) { _ = try await get(server.url) }
            #expect(server.requests.count == 1)
        }
    }

    @Test("answers late by its own clock")
    func delay() async throws {
        let clock = VirtualClock()
        let script = [ScriptedAnswer.json("{}").delayed(by: .seconds(60))]
        try await ScriptedServer.run(clock: clock, script: script) { server async throws in
            async let answer = get(server.url)
            await clock.waitForSleepers()
            clock.advance(by: .seconds(60))
            #expect(try await answer.status == .ok)
            #expect(server.requests.map(\.time) == [.zero])
        }
    }

    @Test("sends the lines of a test as they come")
    func live() async throws {
        let (lines, source) = AsyncStream<String>.makeStream()
        try await ScriptedServer.run(script: [.watch(from: lines)]) { server async throws in
            var iterator = try await get(server.url).body.makeAsyncIterator()
            source.yield("first")
            #expect(try await iterator.next().map { String(buffer: $0) } == "first\n")
            source.yield("second")
            #expect(try await iterator.next().map { String(buffer: $0) } == "second\n")
            source.finish()
            #expect(try await iterator.next() == nil)
        }
    }

    @Test("shows a certificate, asks for the client's, and tells which one it was")
    func tls() async throws {
        let authority = try TestAuthority()
        let own = try authority.issue(name: "operator")
        let serverTLS = ScriptedTLS(certificate: try authority.issue(name: "kube"), clientAuthority: authority)
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(authority.certificatePEM.utf8)))
        let anonymous = tls
        tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(own.certificatePEM.utf8))
            .map { .certificate($0) }
        tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(own.keyPEM.utf8), format: .pem))
        try await ScriptedServer.run(tls: Observed(serverTLS), script: [.json("{}")]) { server async throws in
            try await withClient { client in
                let answer = try await get(server.url, tls: tls, client)
                #expect(answer.status == .ok)
                await #expect(throws: (any Error).self) { _ = try await get(server.url, tls: anonymous, client) }
                await #expect(throws: (any Error).self, "the system does not know this authority") {
                    _ = try await get(server.url, client)
                }
            }
            #expect(server.requests.map(\.clientCertificate) == [own.serialNumber])
        }
    }
}
