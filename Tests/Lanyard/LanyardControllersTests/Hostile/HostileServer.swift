import FoundationEssentials
import KubernetesClient
import KubernetesModel

/// An API server whose namespace `evil` is full of bindings that are as large and as odd as servers let them be, and whose
/// namespace `good` has one small one. It makes them as they are read, so that what is held is the reader's alone.
struct HostileServer: KubernetesAPI {
    /// What is large in an object.
    enum Shape: CaseIterable {
        case annotations, labels, finalizers, managedFields, status, spec, manyRules, shortStrings
    }

    let count: Int
    /// About how many bytes each of them has.
    let size: Int
    /// Whether they come one by one, as the beginning of a watch, or in one answer.
    let streams: Bool

    func send(_ request: APIRequest) async throws -> Data { throw KubernetesError(.notServed, "lists only") }

    /// As an answer arrives: in pieces that end anywhere.
    func receive(_ request: APIRequest, into body: any AnswerBody) async throws {
        body.begin()
        try body.take(Data(#"{"metadata":{"resourceVersion":"\#(count + 2)"},"items":["#.utf8))
        try body.take(Data(Self.binding("web", in: "good", version: 1, "", "{}").utf8))
        for index in 0..<count {
            try body.take(Data(",".utf8))
            let text = Data(object(index).utf8)
            try body.take(text.prefix(text.count / 2))
            try body.take(text.dropFirst(text.count / 2))
            // Other tests wait for their turn.
            await Task.yield()
        }
        try body.take(Data("]}".utf8))
    }

    func openWatch(_ request: APIRequest) async throws -> any AsyncSequence<Data, any Error> & Sendable {
        guard request.query.contains(where: { $0.name == "sendInitialEvents" }) else { return Lines(server: nil) }
        guard streams else { throw KubernetesError(.invalid, "no streaming lists") }
        return Lines(server: self)
    }

    private func object(_ index: Int) -> String {
        let long = String(repeating: "x", count: size)
        let shape = Shape.allCases[index % Shape.allCases.count]
        // Below the limit of one object, and with most to decode for their size.
        let rules = (0..<128).map {
            #"{"path":"secret/data/evil/\#($0)","capabilities":["read","list"],"allowedParameters":{\#(parameters)}}"#
        }
        let (metadata, spec, status): (String, String, String) =
            switch shape {
            case .annotations: (#","annotations":{"theirs/a":"\#(long)","lanyard.dev/paused":"true"}"#, "{}", "")
            case .labels: (#","labels":{"a":"\#(long)"}"#, "{}", "")
            case .finalizers: (#","finalizers":["\#(long)"]"#, "{}", "")
            case .managedFields: (#","managedFields":[{"fieldsV1":{"f:spec":{"f:\#(long)":{}}}}]"#, "{}", "")
            case .status: ("", "{}", #","status":{"spiffeID":"\#(long)"}"#)
            case .spec: ("", #"{"roleName":"app","access":{"kv":[{"path":"\#(long)","permissions":["Read"]}]}}"#, "")
            case .manyRules: ("", #"{"access":{"rules":[\#(rules.joined(separator: ","))]}}"#, "")
            case .shortStrings: ("", #"{"token":{"boundCIDRs":[\#(shortStrings)]}}"#, "")
            }
        return Self.binding("evil-\(index)", in: "evil", version: index + 2, metadata, spec, status)
    }

    private var parameters: String { (0..<60).map { #""p\#($0)":[]"# }.joined(separator: ",") }

    private var shortStrings: String { Array(repeating: #""a""#, count: 30_000).joined(separator: ",") }

    private static func binding(
        _ name: String, in namespace: String, version: Int, _ metadata: String, _ spec: String, _ status: String = ""
    ) -> String {
        #"{"apiVersion":"lanyard.dev/v1alpha1","kind":"VaultRoleBinding","metadata":{"name":"\#(name)","namespace":"#
            + #""\#(namespace)","uid":"u-\#(name)","generation":1,"resourceVersion":"\#(version)"\#(metadata)},"#
            + #""spec":\#(spec)\#(status)}"#
    }

    private struct Lines: AsyncSequence, Sendable {
        typealias Element = Data
        typealias Failure = any Error
        let server: HostileServer?

        func makeAsyncIterator() -> Iterator { Iterator(server: server) }

        struct Iterator: AsyncIteratorProtocol {
            let server: HostileServer?
            var index = -1

            mutating func next() async throws -> Data? {
                defer { index += 1 }
                await Task.yield()
                guard let server, index <= server.count else {
                    let silence = AsyncStream<Void> { _ in }
                    for await _ in silence {}
                    return nil
                }
                if index < server.count {
                    let object =
                        index < 0
                        ? HostileServer.binding("web", in: "good", version: 1, "", "{}") : server.object(index)
                    return Data(#"{"type":"ADDED","object":\#(object)}"#.utf8)
                }
                return Data(
                    (#"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"\#(server.count + 2)","#
                        + #""annotations":{"k8s.io/initial-events-end":"true"}}}}"#).utf8)
            }
        }
    }
}
