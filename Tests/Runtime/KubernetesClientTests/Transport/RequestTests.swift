import FoundationEssentials
import KubernetesModel
import KubernetesTesting
import Testing

@testable import KubernetesClient

@Suite("Requests on the wire", .timeLimit(.minutes(1)))
struct RequestTests {
    private let harness = Harness()

    @Test("say who sends them and on whose behalf, and do not ask for compression")
    func headers() async throws {
        try await ScriptedServer.run(script: [.json("{}")]) { server async throws in
            let credentials = ClusterCredentials(
                authorization: .basic(username: "u", password: Secret("p")),
                impersonation: Impersonation(
                    user: "jane", uid: "7", groups: ["a", "b"], extra: ["example.com/Reason": ["x"]]))
            try await harness.withClient(server, credentials: credentials) { client async throws in
                _ = try await client.send(APIRequest(.get, "/version"))
            }
            let request = try #require(server.requests.first)
            #expect(request.header("User-Agent") == "test/1 (linux/amd64)")
            #expect(request.header("Accept-Encoding") == nil)
            #expect(request.header("Authorization") == "Basic dTpw")
            #expect(request.header("Impersonate-User") == "jane")
            #expect(request.header("Impersonate-Uid") == "7")
            #expect(request.headers.filter { $0.name == "Impersonate-Group" }.map(\.value) == ["a", "b"])
            #expect(request.header("Impersonate-Extra-example.com%2FReason") == "x")
        }
    }

    @Test("have names percent-encoded")
    func encoding() async throws {
        try await ScriptedServer.run(script: [.failure(404, "NotFound")]) { server async throws in
            try await harness.withClient(server) { client async throws in
                let key = ObjectKey(namespace: "n", name: "system:a/b%ä")
                await #expect(throws: KubernetesError.self) { _ = try await client.get(Widget.self, key) }
            }
            #expect(
                server.requests.map(\.target) == [
                    "/apis/testing.lanyard.dev/v1/namespaces/n/widgets/system%3Aa%2Fb%25%C3%A4"
                ])
        }
    }

    @Test("the server's warnings are logged once per text")
    func warnings() async throws {
        let answer = ScriptedAnswer.json(
            "{}",
            headers: [
                ("Warning", "299 - \"old \\\"version\\\"\", 299 - \"other\" \"Wed, 21 Oct 2015 07:28:00 GMT\""),
                ("Warning", "299 - \"other\""),
            ])
        try await ScriptedServer.run(script: [answer]) { server async throws in
            try await harness.withClient(server) { client async throws in
                for _ in 0..<3 { _ = try await client.send(APIRequest(.get, "/version")) }
            }
        }
        #expect(
            harness.logs.lines.filter { $0.hasPrefix("warning") } == [
                "warning API server warns kubernetes.warning=old \"version\"",
                "warning API server warns kubernetes.warning=other",
            ])
    }

    @Test("a Status is an error with its code, reason, message and details")
    func status() async throws {
        let details = #"{"name":"a","kind":"widgets","causes":[{"reason":"FieldValueInvalid","field":"spec.size"}]}"#
        try await ScriptedServer.run(script: [.failure(422, "Invalid", details: details)]) { server async throws in
            try await harness.withClient(server) { client async throws in
                let error = await #expect(throws: KubernetesError.self) {
                    _ = try await client.create(Widget.sized(1, "a"))
                }
                #expect(error?.code == .invalid)
                #expect(error?.httpStatus == 422)
                #expect(error?.status?.reason == "Invalid")
                #expect(error?.status?.details?.kind == "widgets")
                #expect(error?.status?.details?.causes?.first?.field == "spec.size")
            }
        }
    }

    @Test("are counted and measured")
    func metrics() async throws {
        try await ScriptedServer.run(script: [.json("{\"a\":1}"), .reset, .failure(403, "Forbidden")]) {
            server async throws in
            try await harness.withClient(server) { client async throws in
                _ = try await client.send(APIRequest(.get, "/version"))
                for _ in 0..<2 {
                    await #expect(throws: KubernetesError.self) {
                        _ = try await client.send(APIRequest(.post, "/x", body: Data("12345".utf8)))
                    }
                }
            }
            let text = harness.metrics
            let host = "host=\"127.0.0.1:\(server.port)\""
            let expected = [
                "rest_client_requests_total{code=\"200\",method=\"GET\",\(host)} 1",
                "rest_client_requests_total{code=\"<error>\",method=\"POST\",\(host)} 1",
                "rest_client_requests_total{code=\"403\",method=\"POST\",\(host)} 1",
                "rest_client_request_duration_seconds_count{verb=\"POST\",\(host)} 2",
                "rest_client_request_size_bytes_sum{verb=\"POST\",\(host)} 10",
                "rest_client_response_size_bytes_sum{verb=\"GET\",\(host)} 7",
            ]
            for line in expected {
                let labels = line.sortedLabels
                #expect(text.split(separator: "\n").contains { String($0).sortedLabels == labels }, "\(line)")
            }
        }
    }

    @Test("every metric has a help text")
    func help() {
        for name in ClientMetrics.buckets.keys { #expect(ClientMetrics.help[name] != nil) }
    }

    @Test("leader election and watches do not wait for other requests")
    func pools() async throws {
        let gate = Observed(false)
        let handler: ScriptedServer.Handler = { request in
            if request.path == "/slow" { try await gate.wait { $0 } }
            return .json("{}")
        }
        try await ScriptedServer.run(handler: handler) { server async throws in
            try await harness.withClient(server) { client async throws in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<40 { group.addTask { _ = try await client.send(APIRequest(.get, "/slow")) } }
                    try await server.waitForRequests(32)
                    _ = try await client.forLeaderElection.send(APIRequest(.get, "/lease"))
                    for try await _ in try await client.openWatch(APIRequest(.get, "/watch")) {}
                    #expect(server.requests.count { $0.path == "/slow" } == 32)
                    gate.update { $0 = true }
                    try await group.waitForAll()
                }
                #expect(server.requests.count == 42)
            }
        }
    }
}

extension String {
    /// A line of metrics with its labels in order.
    fileprivate var sortedLabels: [String] {
        split { "{},".contains($0) }.map(String.init).sorted()
    }
}
