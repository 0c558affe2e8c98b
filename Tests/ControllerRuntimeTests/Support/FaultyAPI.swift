import FoundationEssentials
import KubernetesClient
import KubernetesModel
import Synchronization

/// Puts faults between a client and a server, and remembers what was asked.
final class FaultyAPI: KubernetesAPI {
    private let base: any KubernetesAPI
    private let onSend = Mutex<(@Sendable (APIRequest) async throws -> Data?)?>(nil)
    private let onWatch = Mutex<(@Sendable (APIRequest) async throws -> [WatchStep]?)?>(nil)
    private let sent = Log<APIRequest>()
    private let watched = Log<APIRequest>()

    /// One step of a scripted watch.
    enum WatchStep: Sendable {
        case line(String)
        case fail(KubernetesError)
        /// The connection is dead, and nobody says so.
        case hang
    }

    init(_ base: any KubernetesAPI) { self.base = base }

    var requests: [APIRequest] { sent.all }
    var watches: [APIRequest] { watched.all }

    /// Answers requests in place of the server; nil lets them through.
    func intercept(_ body: (@Sendable (APIRequest) async throws -> Data?)?) { onSend.withLock { $0 = body } }
    /// Scripts watches in place of the server; nil lets them through.
    func interceptWatch(_ body: (@Sendable (APIRequest) async throws -> [WatchStep]?)?) {
        onWatch.withLock { $0 = body }
    }

    func send(_ request: APIRequest) async throws -> Data {
        sent.append(request)
        if let hook = onSend.withLock({ $0 }), let answer = try await hook(request) { return answer }
        return try await base.send(request)
    }

    func openWatch(_ request: APIRequest) async throws -> any AsyncSequence<Data, any Error> & Sendable {
        watched.append(request)
        if let hook = onWatch.withLock({ $0 }), let steps = try await hook(request) {
            return ScriptedLines(steps: steps)
        }
        return try await base.openWatch(request)
    }
}

/// The lines of a scripted watch.
private struct ScriptedLines: AsyncSequence, Sendable {
    typealias Element = Data
    typealias Failure = any Error
    let steps: [FaultyAPI.WatchStep]

    struct Iterator: AsyncIteratorProtocol {
        var steps: ArraySlice<FaultyAPI.WatchStep>

        mutating func next() async throws -> Data? {
            guard let step = steps.popFirst() else { return nil }
            switch step {
            case .line(let text): return Data(text.utf8)
            case .fail(let error): throw error
            case .hang:
                // Until the reader gives up.
                let hang = AsyncStream<Void> { _ in }
                for await _ in hang {}
                throw CancellationError()
            }
        }
    }

    func makeAsyncIterator() -> Iterator { Iterator(steps: steps[...]) }
}

extension APIRequest {
    /// A query parameter.
    func parameter(_ name: String) -> String? { query.first { $0.name == name }?.value }
}
