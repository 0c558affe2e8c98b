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

    /// One step of a scripted watch; after the last one the stream ends.
    enum WatchStep: Sendable {
        case line(String)
        /// So many lines of the server.
        case pass(Int)
        /// A line of the server, later than it was sent.
        case delayed(by: @Sendable () async throws -> Void)
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
        guard let hook = onWatch.withLock({ $0 }), let steps = try await hook(request) else {
            return try await base.openWatch(request)
        }
        let needsServer = steps.contains {
            switch $0 {
            case .pass, .delayed: true
            case .line, .fail, .hang: false
            }
        }
        return ScriptedLines(steps: steps, server: needsServer ? try await base.openWatch(request) : nil)
    }
}

/// The lines of a scripted watch.
private struct ScriptedLines: AsyncSequence, Sendable {
    typealias Element = Data
    typealias Failure = any Error
    let steps: [FaultyAPI.WatchStep]
    let server: (any AsyncSequence<Data, any Error> & Sendable)?

    struct Iterator: AsyncIteratorProtocol {
        var steps: ArraySlice<FaultyAPI.WatchStep>
        var server: (any AsyncIteratorProtocol<Data, any Error>)?

        mutating func next() async throws -> Data? {
            while let step = steps.popFirst() {
                switch step {
                case .line(let text): return Data(text.utf8)
                case .pass(let count):
                    guard count > 0 else { continue }
                    steps.insert(.pass(count - 1), at: steps.startIndex)
                    return try await server?.next(isolation: nil)
                case .delayed(let wait):
                    let line = try await server?.next(isolation: nil)
                    try await wait()
                    return line
                case .fail(let error): throw error
                case .hang:
                    // Until the reader gives up.
                    let hang = AsyncStream<Void> { _ in }
                    for await _ in hang {}
                    throw CancellationError()
                }
            }
            return nil
        }
    }

    func makeAsyncIterator() -> Iterator {
        Iterator(steps: steps[...], server: server.map { $0.makeAsyncIterator() })
    }
}

extension APIRequest {
    /// A query parameter.
    func parameter(_ name: String) -> String? { query.first { $0.name == name }?.value }

    /// Whether this asks for a streaming list.
    var isStreamingList: Bool { parameter("sendInitialEvents") == "true" }
}
