import FoundationEssentials
import KubernetesModel
import KubernetesTesting
import Testing

@testable import KubernetesClient

/// The body of a watch in every shape in which it may arrive (catalogue, row 1 and 2).
@Suite("Faults: framing", .timeLimit(.minutes(2)))
struct FramingFaultTests {
    private static let lines = [
        #"{"type":"ADDED","object":{"metadata":{"name":"ä","resourceVersion":"1"}}}"#,
        #"{"type":"MODIFIED","object":{"metadata":{"name":"b\n","resourceVersion":"2"}}}"#,
        #"{"type":"DELETED","object":{"metadata":{"name":"c","resourceVersion":"3"}}}"#,
    ]
    private let harness = Harness()
    private let request = APIRequest(.get, "/watch")

    /// The lines that a client gets, and how the stream ends.
    private func watch(_ client: KubernetesClient) async throws -> (lines: [String], error: KubernetesError?) {
        var lines: [String] = []
        do {
            for try await line in try await client.openWatch(request) {
                lines.append(String(decoding: line, as: UTF8.self))
            }
        } catch let error as KubernetesError {
            return (lines, error)
        }
        return (lines, nil)
    }

    @Test("a body that is split at each byte gives the same events")
    func splitAtEachByte() async throws {
        let count = Self.lines.joined(separator: "\n").utf8.count
        let handler: ScriptedServer.Handler = { .watch(Self.lines, chunking: .split(at: $0.index)) }
        try await ScriptedServer.run(handler: handler) { server async throws in
            try await harness.withClient(server) { client async throws in
                for offset in 0...count {
                    let seen = try await watch(client)
                    #expect(seen.lines == Self.lines, "split at \(offset)")
                    #expect(seen.error == nil)
                }
            }
            #expect(server.requests.count == count + 1)
        }
    }

    /// A way to send the same lines.
    struct Shape: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let answer: ScriptedAnswer
    }

    @Test(
        "every shape of the body gives the same events",
        arguments: [
            Shape(testDescription: "bytes", answer: .watch(lines, chunking: .every(1))),
            Shape(testDescription: "pieces of 7", answer: .watch(lines, chunking: .every(7))),
            Shape(testDescription: "one chunk", answer: .watch(lines, chunking: .whole)),
            Shape(testDescription: "CRLF", answer: .watch(lines, lineEnd: "\r\n")),
            Shape(testDescription: "CRLF in bytes", answer: .watch(lines, lineEnd: "\r\n", chunking: .every(1))),
            Shape(testDescription: "empty lines", answer: .watch(lines, lineEnd: "\n\n\r\n", chunking: .whole)),
            Shape(testDescription: "no last line end", answer: .watch(lines, endsLastLine: false)),
            Shape(testDescription: "buffered", answer: .watch(lines, chunking: .buffered(4096))),
        ])
    func shapes(shape: Shape) async throws {
        try await ScriptedServer.run(script: [shape.answer]) { server async throws in
            try await harness.withClient(server) { client async throws in
                let seen = try await watch(client)
                #expect(seen.lines == Self.lines)
                #expect(seen.error == nil)
            }
        }
    }

    @Test("a line above the maximum is one failure, and the lines before it count")
    func tooLong() async throws {
        let long = String(repeating: "x", count: LineFraming.maximumLength + 1)
        try await ScriptedServer.run(script: [.watch([Self.lines[0], long], ending: .hang)]) { server async throws in
            try await harness.withClient(server) { client async throws in
                let seen = try await watch(client)
                #expect(seen.lines == [Self.lines[0]])
                #expect(seen.error == KubernetesError(.malformedAnswer, "a line of the watch is too long"))
            }
            #expect(server.requests.count == 1)
        }
    }

    @Test(
        "a connection that ends after N events gives no more than these, in order, and then a failure",
        arguments: 0...3, [true, false])
    func closedAfter(count: Int, isReset: Bool) async throws {
        let answer = ScriptedAnswer.watch(
            Array(Self.lines.prefix(count)) + ["{\"type\":"], endsLastLine: false, ending: isReset ? .reset : .closed)
        try await ScriptedServer.run(script: [answer]) { server async throws in
            try await harness.withClient(server) { client async throws in
                let seen = try await watch(client)
                #expect(seen.error?.code == .unreachable)
                // What had not been read yet may be dropped with the connection; the next watch begins after what was.
                #expect(Self.lines.prefix(count).starts(with: seen.lines))
            }
        }
    }

    @Test("a watch that hangs without an end goes on waiting until it is cancelled, and then closes its connection")
    func hang() async throws {
        let handler: ScriptedServer.Handler = { _ in .watch([Self.lines[0]], ending: .hang) }
        try await ScriptedServer.run(handler: handler) { server async throws in
            try await FaultProxy.run(to: .tcp(port: server.port)) { proxy async throws in
                let configuration = ClusterConfiguration(server: "http://127.0.0.1:\(proxy.port)")
                try await harness.withClient(configuration) { client async throws in
                    let first = Observed(0)
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask {
                            for try await _ in try await client.openWatch(request) { first.update { $0 += 1 } }
                        }
                        try await first.wait { $0 == 1 }
                        group.cancelAll()
                    }
                    try await proxy.waitUntilIdle()
                }
            }
        }
    }
}
