import FoundationEssentials
import KubernetesClient
import KubernetesModel
import KubernetesTesting

/// A client, with a note of every request that goes through it and of what came back.
struct ListenedAPI: KubernetesAPI {
    /// A request and its answer.
    struct Call: Sendable {
        let isWatch: Bool
        let query: [String: String]
        /// Why there was no answer, or why it broke off.
        var failure: KubernetesError.Code?
        /// What a watch has brought so far.
        var events: [Event] = []

        /// Whether this asks for a list as the beginning of a watch.
        var isStreamingList: Bool { isWatch && query["sendInitialEvents"] == "true" }

        /// Whether a watch has brought the bookmark that ends its initial events.
        var hasEndOfInitialEvents: Bool { events.contains(where: \.endsInitialEvents) }
    }

    /// A line of a watch.
    struct Event: Sendable {
        let type: String
        /// The version of the object; nil when the object is no such thing.
        let version: ResourceVersion?
        let endsInitialEvents: Bool
        /// The status code of an `ERROR`.
        let code: Int?
    }

    private let api: any KubernetesAPI
    private let watchSeconds: Int?
    /// The requests so far, in order.
    let calls = Observed<[Call]>([])

    /// Listens to a client.
    ///
    /// - Parameter watchSeconds: after how long the server shall end every watch, in place of what it is asked for.
    init(_ api: any KubernetesAPI, watchSeconds: Int? = nil) {
        self.api = api
        self.watchSeconds = watchSeconds
    }

    func send(_ request: APIRequest) async throws -> Data {
        let number = note(request, isWatch: false)
        do {
            return try await api.send(request)
        } catch {
            note(error, of: number)
            throw error
        }
    }

    func openWatch(_ request: APIRequest) async throws -> any AsyncSequence<Data, any Error> & Sendable {
        var request = request
        if let watchSeconds {
            request.query.removeAll { $0.name == "timeoutSeconds" }
            request.query.append(.init("timeoutSeconds", String(watchSeconds)))
        }
        let number = note(request, isWatch: true)
        do {
            return listening(to: try await api.openWatch(request), number)
        } catch {
            note(error, of: number)
            throw error
        }
    }

    private func listening(
        to lines: some AsyncSequence<Data, any Error> & Sendable, _ number: Int
    ) -> any AsyncSequence<Data, any Error> & Sendable {
        lines.map { line in
            let event = Event(line)
            calls.update { $0[number].events.append(event) }
            return line
        }
    }

    private func note(_ request: APIRequest, isWatch: Bool) -> Int {
        let query = Dictionary(request.query.map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last })
        return calls.update { calls in
            calls.append(Call(isWatch: isWatch, query: query))
            return calls.count - 1
        }
    }

    private func note(_ error: any Error, of number: Int) {
        let code = (error as? KubernetesError)?.code
        calls.update { $0[number].failure = code }
    }
}

extension ListenedAPI.Event {
    /// Reads a line of a watch.
    init(_ line: Data) {
        let event = (try? JSONValue(parsing: line)) ?? .null
        let object = event["object"]
        type = event["type"]?.string ?? ""
        version = object?["metadata"]?["resourceVersion"]?.string.map { ResourceVersion($0) }
        endsInitialEvents = object?["metadata"]?["annotations"]?["k8s.io/initial-events-end"] == "true"
        code = object?["code"]?.integer.flatMap { Int(exactly: $0) }
    }
}
