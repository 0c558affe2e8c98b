public import FoundationEssentials
public import KubernetesClient
public import KubernetesModel
import Synchronization

/// An API server without network and disk, for tests and simulations of clients and controllers.
///
/// It keeps the rules that controllers depend on: resource versions, generations, finalizers, preconditions, the status
/// subresource, server-side apply of a status, watches with history. It knows no schema, admission or authorization.
public final class InMemoryAPIServer: KubernetesAPI {
    private let environment: Environment
    private let descriptors: [ResourceDescriptor]
    private let state: Mutex<ServerState>
    private let watches = WatchHub()
    private let streaming = Mutex(StreamingListSupport.refused)

    /// What the server does with a watch that asks for a streaming list.
    public enum StreamingListSupport: Sendable {
        /// Answers 422, as servers do where the feature is off.
        case refused
        /// Sends what exists, then the bookmark that ends it.
        case supported
        /// Sends what exists and never the bookmark, as behind some proxies and aggregated servers.
        case withoutEnd
        /// Does not know the parameters: an ordinary watch from the version that was asked for, as of old servers.
        case ignored
    }

    /// Starts an empty server.
    ///
    /// - Parameters:
    ///   - resources: the kinds that are served; events are always accepted.
    ///   - historyLimit: how many changes of a kind can at least be watched back.
    public init(environment: Environment, resources: [ResourceDescriptor], historyLimit: Int = 10_000) {
        self.environment = environment
        descriptors =
            resources.contains(KubernetesEvent.descriptor) ? resources : resources + [KubernetesEvent.descriptor]
        state = Mutex(ServerState(descriptors: descriptors, historyLimit: historyLimit))
    }

    /// The version of the last write.
    public var resourceVersion: ResourceVersion {
        ResourceVersion(String(state.withLock { $0.version }))
    }

    /// Forgets all history: watches that lag, and those that resume from an older version, get a 410.
    public func compact() {
        state.withLock { $0.compact() }
        watches.wake()
    }

    /// Sends a bookmark to every watch that asked for them.
    public func sendBookmarks() {
        state.withLock { $0.bookmark() }
        watches.wake()
    }

    /// Changes what the server does with streaming lists from now on; at first it refuses them.
    public func setStreamingLists(_ support: StreamingListSupport) {
        streaming.withLock { $0 = support }
    }

    /// Ends all open watches cleanly, as a server does after `timeoutSeconds`. It does so on this call only.
    public func closeWatches() {
        watches.closeAll()
    }

    /// Carries out a request at once.
    public func send(_ request: APIRequest) async throws -> Data {
        try Task.checkCancellation()
        let target = try target(of: request)
        let body = try Self.object(in: request.body)
        guard let key = target.key else { return try sendToCollection(target, request, body) }
        let answer = try sendToObject(target, key, request, body)
        if request.method != .get { watches.wake(target.table) }
        return answer
    }

    /// Opens a watch. `timeoutSeconds` has no effect, see `closeWatches()`.
    public func openWatch(_ request: APIRequest) async throws -> any AsyncSequence<Data, any Error> & Sendable {
        try Task.checkCancellation()
        let target = try target(of: request)
        let query = Self.query(of: request)
        guard target.name == nil, request.method == .get, query["watch"] == "1" || query["watch"] == "true" else {
            throw ServerFailure.badRequest("this request is no watch")
        }
        let support = streaming.withLock { $0 }
        let isStreamingList = query["sendInitialEvents"] == "true"
        guard support != .refused || query["sendInitialEvents"] == nil,
            isStreamingList || query["resourceVersionMatch"] == nil
        else { throw ServerFailure.invalid("sendInitialEvents: Forbidden: the feature is not enabled") }
        let selector = try ObjectSelector(namespace: target.namespace, query: query)
        let start = try state.withLock { state in
            guard isStreamingList, support != .ignored else {
                return try WatchStart(state, target, selector, query: query)
            }
            return WatchStart(streaming: state, target, selector, isClosed: support == .supported)
        }
        return WatchLines(
            target: target, selector: selector, sendsBookmarks: query["allowWatchBookmarks"] == "true",
            start: start, epoch: watches.epoch, hub: watches
        ) { [self] position in
            state.withLock { state in
                let table = state.tables[target.table]
                return position < table.firstPosition ? .gone : table.event(at: position).map { .event($0) } ?? .end
            }
        }
    }

    private func sendToCollection(
        _ target: RequestTarget, _ request: APIRequest, _ body: [String: JSONValue]
    ) throws -> Data {
        switch request.method {
        case .get:
            return try state.withLock { try $0.list(target, query: Self.query(of: request)) }
        case .post:
            let uid = environment.makeUUID()
            let now = environment.clock.wallTime.rfc3339
            let object = try state.withLock { try $0.create(target, body, uid: uid, now: now) }
            watches.wake(target.table)
            return object.bytes
        default:
            throw ServerFailure.methodNotAllowed
        }
    }

    private func sendToObject(
        _ target: RequestTarget, _ key: ObjectKey, _ request: APIRequest, _ body: [String: JSONValue]
    ) throws -> Data {
        switch (request.method, request.contentType) {
        case (.get, _):
            return try state.withLock { try $0.read(target, key) }.bytes
        case (.put, _):
            return try state.withLock { try $0.replace(target, key, body) }.bytes
        case (.patch, "application/json-patch+json"):
            let patch = try Self.tree(in: request.body)
            return try state.withLock {
                try $0.patch(target, key) { try JSONPatchApplication.apply(patch, to: $0) }
            }.bytes
        case (.patch, "application/merge-patch+json"):
            return try state.withLock {
                try $0.patch(target, key) { MergePatchApplication.apply(.object(body), to: $0) }
            }.bytes
        case (.patch, "application/apply-patch+yaml"):
            let query = Self.query(of: request)
            guard let manager = query["fieldManager"] else {
                throw ServerFailure.badRequest("fieldManager is required")
            }
            return try state.withLock { try $0.apply(target, key, body, manager: manager) }.bytes
        case (.delete, _) where !target.isStatus:
            let now = environment.clock.wallTime.rfc3339
            try state.withLock { try $0.delete(target, key, options: body, now: now) }
            return Data(#"{"apiVersion":"v1","kind":"Status","metadata":{},"status":"Success"}"#.utf8)
        default:
            throw ServerFailure.methodNotAllowed
        }
    }

    private func target(of request: APIRequest) throws -> RequestTarget {
        guard let target = RequestTarget(path: request.path, descriptors: descriptors) else {
            throw ServerFailure.notServed
        }
        return target
    }

    private static func query(of request: APIRequest) -> [String: String] {
        Dictionary(request.query.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    }

    private static func tree(in body: Data?) throws -> JSONValue {
        guard let body else { return [:] }
        guard let tree = try? JSONValue(parsing: body) else {
            throw ServerFailure.badRequest("the body is no JSON")
        }
        return tree
    }

    /// The members of the body; none when it is no object, as a JSON patch is.
    private static func object(in body: Data?) throws -> [String: JSONValue] {
        guard let body, body.first == UInt8(ascii: "{") else { return [:] }
        return try tree(in: body).object ?? [:]
    }
}
