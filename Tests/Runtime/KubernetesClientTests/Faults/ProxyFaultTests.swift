import FoundationEssentials
import KubernetesModel
import KubernetesTesting
import Testing

@testable import KubernetesClient

/// Something between client and server that is not as transparent as it should be.
@Suite("Faults: proxies", .timeLimit(.minutes(1)))
struct ProxyFaultTests {
    private let harness = Harness()
    private let request = APIRequest(.get, "/watch")
    private static let event = #"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"1"}}}"#

    @Test("a proxy that buffers until 4 KiB: the opening times out, and what comes late comes whole")
    func buffering() async throws {
        let (lines, source) = AsyncStream<String>.makeStream()
        try await ScriptedServer.run(script: [.watch(from: lines)]) { server async throws in
            var conduct = FaultProxy.Conduct()
            conduct.toClient.buffer = 4096
            try await FaultProxy.run(to: .tcp(port: server.port), conduct: conduct) { proxy async throws in
                let configuration = ClusterConfiguration(server: "http://127.0.0.1:\(proxy.port)")
                try await harness.withClient(configuration) { client async throws in
                    async let outcome = thrown { _ = try await client.openWatch(request) }
                    try await server.waitForRequests(1)
                    await harness.clock.waitForSleepers(1)
                    harness.clock.advance(by: request.timeout)
                    let error = try await outcome
                    #expect(error?.code == .timeout)
                }
                source.finish()
            }
        }
        let full = ScriptedAnswer.watch([Self.event, String(repeating: " ", count: 5000), Self.event], ending: .hang)
        try await ScriptedServer.run(script: [full]) { server async throws in
            var conduct = FaultProxy.Conduct()
            conduct.toClient.buffer = 4096
            try await FaultProxy.run(to: .tcp(port: server.port), conduct: conduct) { proxy async throws in
                let configuration = ClusterConfiguration(server: "http://127.0.0.1:\(proxy.port)")
                try await harness.withClient(configuration) { client async throws in
                    for try await line in try await client.openWatch(request) {
                        #expect(line == Data(Self.event.utf8))
                        break
                    }
                }
            }
        }
    }

    @Test("a proxy that closes every connection after 60 s: an error after the events, not a clean end")
    func closing() async throws {
        let answer = ScriptedAnswer { writer in
            try await writer.head(200, headers: [("Content-Type", "application/json")])
            try await writer.body("\(Self.event)\n".utf8)
            try await writer.clock.sleep(for: .seconds(60))
            await writer.close()
        }
        try await ScriptedServer.run(clock: harness.clock, script: [answer]) { server async throws in
            try await harness.withClient(server) { client async throws in
                var count = 0
                let error = try await thrown {
                    for try await line in try await client.openWatch(request) {
                        #expect(line == Data(Self.event.utf8))
                        count += 1
                        await harness.clock.waitForSleepers()
                        harness.clock.advance(by: .seconds(60))
                    }
                }
                #expect(count == 1)
                #expect(error?.code == .unreachable)
            }
        }
    }

    @Test("a page of HTML with status 200 is no answer, neither for a request nor for a watch")
    func captivePage() async throws {
        try await ScriptedServer.run(script: [.html(200)]) { server async throws in
            try await harness.withClient(server) { client async throws in
                for isWatch in [false, true] {
                    let error = await #expect(throws: KubernetesError.self) {
                        if isWatch {
                            _ = try await client.openWatch(request)
                        } else {
                            _ = try await client.send(request)
                        }
                    }
                    #expect(error?.code == .malformedAnswer)
                    #expect(error?.message.contains("html") == false)
                }
            }
            #expect(server.requests.count == 2)
        }
    }

    @Test("a redirect is not followed: the token does not go to anybody else", arguments: [301, 302, 307, 308])
    func redirect(status: Int) async throws {
        try await ScriptedServer.run(script: [.json("{}")]) { other async throws in
            let answer = ScriptedAnswer.html(status, headers: [("Location", "\(other.url)/stolen")])
            try await ScriptedServer.run(script: [answer]) { server async throws in
                let credentials = ClusterCredentials(authorization: .token(Secret("s3cr3t")))
                try await harness.withClient(server, credentials: credentials) { client async throws in
                    let error = await #expect(throws: KubernetesError.self) { _ = try await client.send(request) }
                    #expect(error?.message == "HTTP \(status): redirects are not followed")
                }
                #expect(server.requests.count == 1)
                #expect(other.requests.isEmpty)
            }
        }
    }
}
