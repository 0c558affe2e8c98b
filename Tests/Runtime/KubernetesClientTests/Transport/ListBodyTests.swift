import FoundationEssentials
import KubernetesModel
import KubernetesTesting
import Testing

@testable import KubernetesClient

@Suite("Lists on the wire", .timeLimit(.minutes(1)))
struct ListBodyTests {
    private let harness = Harness()

    private func widget(_ name: String, size: Int = 1) -> String {
        #"{"metadata":{"name":"\#(name)","namespace":"n"},"spec":{"size":\#(size)}}"#
    }

    private var page: String {
        #"{"kind":"WidgetList","items":[\#(widget("a")),\#(widget("b"))],"metadata":{"resourceVersion":"7"}}"#
    }

    /// An answer that ends in the middle of the second object.
    private var cut: ScriptedAnswer {
        let page = page
        return ScriptedAnswer { writer in
            try await writer.head(
                200, headers: [("Content-Type", "application/json"), ("Content-Length", String(page.utf8.count))])
            try await writer.body(page.utf8.prefix(page.utf8.count - 60))
            await writer.reset()
        }
    }

    @Test("one that breaks off begins anew, and has each object once")
    func broken() async throws {
        try await ScriptedServer.run(script: [cut, .json(page)]) { server async throws in
            try await harness.withClient(server) { client async throws in
                async let answer = client.list(Widget.self)
                // The deadline, and the wait before the second try.
                await harness.clock.waitForSleepers(2)
                harness.clock.advance(by: .milliseconds(200))
                let list = try await answer
                #expect(list.items.map(\.metadata.name) == ["a", "b"])
                #expect(list.metadata.resourceVersion == ResourceVersion("7"))
            }
            #expect(server.requests.count == 2)
        }
    }

    @Test(
        "what is no list is malformed, whatever came of it",
        arguments: [#"{"items":[1],"metadata":{}}"#, #"{"items":[{"spec":{}}],"metadata":{}}"#, "[]", "{}", ""])
    func malformed(body: String) async throws {
        try await ScriptedServer.run(script: [.json(body)]) { server async throws in
            try await harness.withClient(server) { client async throws in
                await #expect {
                    _ = try await client.listDecodable(Widget.self)
                } throws: {
                    ($0 as? KubernetesError)?.code == .malformedAnswer
                }
            }
        }
    }

    @Test("an answer that is no list is not longer than any object can be")
    func long() async throws {
        let body = #"{"metadata":{"name":"a"},"x":""# + String(repeating: "x", count: 17 * 1024 * 1024) + #""}"#
        try await ScriptedServer.run(script: [.json(body)]) { server async throws in
            try await harness.withClient(server) { client async throws in
                await #expect {
                    _ = try await client.send(APIRequest(.get, "/apis/testing.lanyard.dev/v1/namespaces/n/widgets/a"))
                } throws: {
                    ($0 as? KubernetesError)?.code == .malformedAnswer
                }
            }
        }
    }
}
