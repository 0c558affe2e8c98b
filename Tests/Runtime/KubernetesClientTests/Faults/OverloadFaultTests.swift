import FoundationEssentials
import KubernetesModel
import KubernetesTesting
import Testing

@testable import KubernetesClient

/// A server that is overloaded or broken: how many requests it gets from one call (catalogue, row 429 and 5xx).
@Suite("Faults: overload", .timeLimit(.minutes(1)))
struct OverloadFaultTests {
    private let harness = Harness()
    private static let key = ObjectKey(namespace: "n", name: "a")

    /// A call of the client.
    enum Call: String, Sendable, CaseIterable {
        case list, watch, create, delete, apply, mergePatch, conditionalMergePatch, jsonPatch, conditionalJSONPatch
        case lease, conditionalLease

        func make(_ client: KubernetesClient) async throws {
            let versioned: JSONValue = ["metadata": ["resourceVersion": "7"]]
            switch self {
            case .list: _ = try await client.list(Widget.self)
            case .watch:
                _ = try await client.openWatch(.watch(Widget.self, resourceVersion: nil, timeoutSeconds: 60))
            case .create: _ = try await client.create(Widget.sized(1, "a", in: "n"))
            case .delete: try await client.delete(Widget.self, key, uid: "u")
            case .apply:
                _ = try await client.applyStatus(Widget.self, key, uid: "u", status: [:], fieldManager: "test")
            case .mergePatch: _ = try await client.mergePatch(Widget.self, key, ["spec": ["size": 1]])
            case .conditionalMergePatch: _ = try await client.mergePatch(Widget.self, key, versioned)
            case .jsonPatch:
                _ = try await client.patch(Widget.self, key, JSONPatch([.add(path: "/spec/size", value: 2)]))
            case .conditionalJSONPatch:
                _ = try await client.patch(
                    Widget.self, key,
                    JSONPatch([
                        .test(path: "/metadata/resourceVersion", value: "7"), .add(path: "/spec/size", value: 2),
                    ]))
            case .lease: _ = try await client.forLeaderElection.create(Widget.sized(1, "a", in: "n"))
            case .conditionalLease: _ = try await client.forLeaderElection.mergePatch(Widget.self, key, versioned)
            }
        }

        /// Whether it does no harm twice.
        var isRepeatable: Bool {
            switch self {
            case .list, .apply, .conditionalMergePatch, .conditionalJSONPatch, .conditionalLease: true
            case .watch, .create, .delete, .mergePatch, .jsonPatch, .lease: false
            }
        }
    }

    /// How many requests one call makes of a server that always gives this answer, and how it ends.
    private func requests(
        of call: Call, _ answer: ScriptedAnswer, waits: Int
    ) async throws -> (count: Int, error: KubernetesError?) {
        try await ScriptedServer.run(clock: harness.clock, script: [answer]) { server async throws in
            var thrown: KubernetesError?
            try await harness.withClient(server) { client async throws in
                thrown = await #expect(throws: KubernetesError.self) {
                    try await harness.skippingWaits(waits) { try await call.make(client) }
                }
            }
            return (server.requests.count, thrown)
        }
    }

    @Test(
        "429 with Retry-After: ten more tries as far apart as the server asks, whatever the verb",
        arguments: Call.allCases)
    func throttled(call: Call) async throws {
        // When to reopen a watch is the reflector's affair, which gets the hint with the error.
        let tries = call == .watch ? 0 : 10
        let (count, error) = try await requests(
            of: call, .failure(429, "TooManyRequests", retryAfter: 1), waits: tries)
        #expect(count == 1 + tries)
        #expect(error?.code == .tooManyRequests)
        #expect(error?.retryAfter == .seconds(1))
        let waited = harness.clock.now
        #expect(waited >= .seconds(tries) * 0.9 && waited <= .seconds(tries) * 1.1)
    }

    @Test("429 is not waited for beyond the deadline")
    func throttledBeyondDeadline() async throws {
        let (count, error) = try await requests(
            of: .create, .failure(429, "TooManyRequests", retryAfter: 14), waits: 2)
        #expect(count == 3)
        #expect(error?.code == .tooManyRequests)
    }

    @Test("429 without Retry-After is not sent again", arguments: [Call.list, .create])
    func throttledWithoutHint(call: Call) async throws {
        #expect(try await requests(of: call, .failure(429, "TooManyRequests"), waits: 0).count == 1)
    }

    @Test("429, then an answer: the caller sees only the answer")
    func recovers() async throws {
        let list = ScriptedAnswer.json(#"{"metadata":{"resourceVersion":"1"},"items":[]}"#)
        let script: [ScriptedAnswer] = [.failure(429, "TooManyRequests", retryAfter: 2), list]
        try await ScriptedServer.run(clock: harness.clock, script: script) { server async throws in
            try await harness.withClient(server) { client async throws in
                let items = try await harness.skippingWaits(1) { try await client.list(Widget.self).items }
                #expect(items.isEmpty)
                let times = server.requests.map(\.time)
                #expect(times.count == 2)
                #expect(times.last.map { $0 >= .seconds(1.8) && $0 <= .seconds(2.2) } == true)
            }
        }
        #expect(harness.metrics.contains("rest_client_request_retries_total{code=\"429\""))
    }

    @Test("500 without Retry-After is one request", arguments: Call.allCases)
    func internalError(call: Call) async throws {
        let (count, error) = try await requests(of: call, .failure(500, "InternalError"), waits: 0)
        #expect(count == 1)
        #expect(error?.code == .serverError)
    }

    @Test("500 with Retry-After is as 429", arguments: [Call.list, .create])
    func internalErrorWithHint(call: Call) async throws {
        let (count, _) = try await requests(of: call, .failure(500, "InternalError", retryAfter: 1), waits: 10)
        #expect(count == 11)
    }

    @Test("503 as HTML, 504 and a reset: three more tries for what does no harm twice", arguments: Call.allCases, 0...2)
    func unavailable(call: Call, kind: Int) async throws {
        let answer: ScriptedAnswer = [.html(503), .failure(504, "Timeout"), .reset][kind]
        let tries = call.isRepeatable ? 3 : 0
        let (count, error) = try await requests(of: call, answer, waits: tries)
        #expect(count == 1 + tries)
        #expect(error?.code == (kind == 2 ? .unreachable : .serverError))
        #expect(error?.message.contains("<html>") == false)
        // 100, 200 and 400 ms, spread by a tenth.
        #expect(harness.clock.now <= .milliseconds(770))
    }

    @Test("the flow schema of a throttled request is in the debug log")
    func flowSchema() async throws {
        let answer = ScriptedAnswer.failure(
            429, "TooManyRequests", headers: [("X-Kubernetes-PF-FlowSchema-UID", "schema-1")])
        _ = try await requests(of: .list, answer, waits: 0)
        #expect(harness.logs.lines.contains("debug request was throttled kubernetes.flow_schema=schema-1"))
    }
}
