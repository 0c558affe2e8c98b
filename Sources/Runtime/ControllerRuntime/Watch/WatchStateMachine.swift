import KubernetesClient
import KubernetesModel

/// The list-and-watch protocol of one kind as decisions without I/O: inputs go in, the next action comes out.
///
/// The rules and their reasons: client-go `tools/cache/reflector.go`; apiserver `storage/errors.go`. In short: the first
/// list may be stale, later ones may not go back in time, an expired version leads to a quorum list, a broken connection
/// does not lead to a list at all. Where the server can, a list comes as the beginning of a watch (`StreamingSupport`).
struct WatchStateMachine: Sendable {
    /// An open or opening stream.
    private struct Stream: Sendable {
        let timeout: Duration
        /// Whether the initial events of a streaming list have not all arrived.
        var isInitial: Bool
        /// nil until the server answered.
        var openedAt: Duration?
        var lines = 0
        /// Whether it carried a bookmark other than the one that ends initial events.
        var hasBookmark = false
    }

    private enum State: Sendable {
        case idle
        case listing(ListRequest)
        case replacing(ResourceVersion)
        case watching(Stream)
        case committing(Stream, ResourceVersion)
        case waiting(Next)
    }

    private enum Next: Sendable { case list, watch }

    private static let pageSize = 500
    /// A server-side error is retried at the same version this often, within this time; then the list is repeated.
    private static let internalErrorTries = 5
    private static let internalErrorPeriod: Duration = .seconds(60)
    /// A watch that ends faster than this without a line is a failure, or a closing proxy would make a hot loop.
    private static let shortWatch: Duration = .seconds(1)
    /// A server that asks for more patience than this is not obeyed; after as long, the history would be gone anyway.
    private static let longestRetryAfter: Duration = .seconds(600)

    private let random: any RandomSource
    private var streaming: StreamingSupport
    private var state = State.idle
    private var backoff = WatchBackoff()
    /// Everything up to this version was delivered; nil before the first list.
    private(set) var resourceVersion: ResourceVersion?
    private var isVersionUnavailable = false
    private var bookmarksSeen = 0
    private var lastExpiryAt: Duration?
    private var retriedUnauthorized = false
    private var internalErrors: (count: Int, since: Duration)?
    /// What is wrong; nil while a watch is open.
    private(set) var problem: SourceHealth.Problem?
    /// Why the last watch ended; nil when that says nothing.
    private(set) var lastRestart: Restart?

    init(random: any RandomSource, streamingLists: StreamingLists = .automatic) {
        self.random = random
        streaming = StreamingSupport(streamingLists)
    }

    // MARK: Inputs

    /// Begins with a list.
    mutating func start(now: Duration) -> Action { list(now: now) }

    /// A page of the list arrived.
    mutating func listed(_ page: ListMeta, now: Duration) -> Action {
        guard case .listing(let request) = state else { return list(now: now) }
        if let token = page.continue, !token.isEmpty {
            return ask(ListRequest(resourceVersion: nil, limit: request.limit, continueToken: token))
        }
        // The list's version, never the newest of its items: those can be far behind.
        guard let version = page.resourceVersion, !version.text.isEmpty else {
            return retryList(.unavailable, "the list has no resource version", now: now)
        }
        streaming.pagesWorked(now: now)
        state = .replacing(version)
        return .replace(version)
    }

    /// A list request failed.
    mutating func listFailed(_ error: KubernetesError, now: Duration) -> Action {
        streaming.pagesFailed()
        switch error.code {
        case .expired, .resourceVersionTooLarge:
            if case .listing(let request) = state, request.continueToken != nil {
                // The snapshot expired between pages. A partial list is worth nothing: all of it, in one answer.
                return ask(ListRequest(resourceVersion: nil, limit: nil, continueToken: nil))
            }
            let wasQuorumRead = isVersionUnavailable
            isVersionUnavailable = true
            return wasQuorumRead ? retryList(.unavailable, error.message, now: now) : list(now: now)
        default:
            return recover(from: error, to: .list, now: now)
        }
    }

    /// The complete list is in the store and its changes are delivered.
    mutating func replaced() -> Action {
        if case .replacing(let version) = state { synced(version) }
        return watch()
    }

    /// The initial events are in the store and their changes are delivered; the stream goes on with what happens next.
    mutating func streamReplaced() {
        guard case .committing(let stream, let version) = state else { return }
        synced(version)
        state = .watching(stream)
        streaming.worked()
        problem = nil
    }

    /// The server answered the watch with a stream.
    mutating func watchOpened(now: Duration) {
        guard case .watching(var stream) = state else { return }
        stream.openedAt = now
        state = .watching(stream)
        if !stream.isInitial { problem = nil }
        retriedUnauthorized = false
    }

    /// Whether what arrives now belongs to a list that is not complete: to be set aside until `replace`, and forgotten when
    /// the stream ends before that. Part of a list says neither what is there nor what is gone.
    var isCollecting: Bool {
        guard case .watching(let stream) = state else { return false }
        return stream.isInitial
    }

    /// A line arrived.
    ///
    /// - Returns: nil to read on; `replace` to do that and read on; otherwise close the stream and do this.
    mutating func received(_ line: Received, now: Duration) -> Action? {
        guard case .watching(var stream) = state else { return nil }
        stream.lines += 1
        state = .watching(stream)
        switch line {
        case .object(let version):
            // Initial events come in no order, so their versions prove nothing about what was sent before them.
            if !stream.isInitial { advance(to: version) }
            internalErrors = nil
            return nil
        case .bookmark(let bookmark):
            internalErrors = nil
            if stream.isInitial {
                guard bookmark.endsInitialEvents else { return nil }
                stream.isInitial = false
                state = .committing(stream, bookmark.resourceVersion)
                return .replace(bookmark.resourceVersion)
            }
            bookmarksSeen += bookmarksSeen < 2 ? 1 : 0
            stream.hasBookmark = true
            state = .watching(stream)
            advance(to: bookmark.resourceVersion)
            return nil
        case .error(let status):
            return errorEvent(status, now: now)
        case .malformed:
            lastRestart = .malformed
            let message = "the watch sent a line that is no event"
            return stream.isInitial ? streamFailed(message, now: now) : retryList(.unavailable, message, now: now)
        }
    }

    /// The watch could not be opened, or its stream broke.
    mutating func watchFailed(_ error: KubernetesError, now: Duration) -> Action {
        lastRestart = .failed
        if isCollecting { return listStreamFailed(error, now: now) }
        switch error.code {
        case .expired, .resourceVersionTooLarge:
            return expired(error.message, now: now)
        case .malformedAnswer:
            // Before the first line it is a proxy's page; afterwards an event was lost, and only a list can tell which.
            return linesRead > 0
                ? retryList(.unavailable, error.message, now: now) : retryWatch(.unavailable, error.message, now: now)
        case .invalid, .badRequest, .conflict, .alreadyExists:
            return retryList(.unavailable, error.message, now: now)
        default:
            return recover(from: error, to: .watch, now: now)
        }
    }

    /// The server ended the watch.
    mutating func watchEnded(now: Duration) -> Action {
        guard case .watching(let stream) = state else { return list(now: now) }
        lastRestart = .ended
        if stream.isInitial { return streamFailed("the watch was closed before the list was complete", now: now) }
        if stream.lines == 0, now - (stream.openedAt ?? now) < Self.shortWatch {
            return retryWatch(.unavailable, "the watch was closed as soon as it was open", now: now)
        }
        return watch()
    }

    /// `silenceDeadline` has passed: the connection is dead, though nobody said so, or the server knows no streaming lists, or
    /// something between it and us swallows their end.
    mutating func watchStalled(now: Duration) -> Action {
        guard case .watching(let stream) = state else { return list(now: now) }
        lastRestart = .stalled
        guard stream.isInitial else { return watch() }
        streaming.endedNever(now: now)
        return list(now: now)
    }

    /// The wait is over.
    mutating func waited(now: Duration) -> Action {
        guard case .waiting(.watch) = state else { return list(now: now) }
        return watch()
    }

    /// Until when the next line has to arrive. Where bookmarks come they come about once a minute, and two and a half minutes
    /// of silence are death. That has to be seen twice, and once on this very stream: a server sends only bookmarks that
    /// are newer than the version at which a stream began, so on a stream of a quiet kind there may be none at all
    /// (apiserver `storage/cacher/cache_watcher.go`). Elsewhere the server's own time limit has to pass. Initial events
    /// follow each other closely, and have a time limit as a whole.
    func silenceDeadline(lastLineAt: Duration) -> Duration {
        guard case .watching(let stream) = state else { return lastLineAt + .seconds(150) }
        if stream.isInitial {
            return StreamingSupport.deadline(lastLineAt: lastLineAt, openedAt: stream.openedAt ?? lastLineAt)
        }
        let hasRhythm = bookmarksSeen >= 2 && stream.hasBookmark
        return lastLineAt + (hasRhythm ? .seconds(150) : stream.timeout + .seconds(30))
    }

    // MARK: Decisions

    private var linesRead: Int {
        guard case .watching(let stream) = state else { return 0 }
        return stream.lines
    }

    private var isOpen: Bool {
        guard case .watching(let stream) = state else { return false }
        return stream.openedAt != nil
    }

    private mutating func synced(_ version: ResourceVersion) {
        resourceVersion = version
        isVersionUnavailable = false
        internalErrors = nil
    }

    /// A streaming list could not be opened, or broke.
    private mutating func listStreamFailed(_ error: KubernetesError, now: Duration) -> Action {
        switch error.code {
        case .expired, .resourceVersionTooLarge:
            return expired(error.message, now: now)
        case .unauthorized, .forbidden, .notFound, .notServed, .tooManyRequests:
            return recover(from: error, to: .list, now: now)
        case .invalid, .badRequest:
            // No failure, and no reason to wait: this is how the feature is found out.
            lastRestart = nil
            streaming.refused(now: now)
            return list(now: now)
        case .unreachable where linesRead == 0:
            return recover(from: error, to: .list, now: now)
        case _ where !isOpen:
            streaming.failedToOpen()
            return recover(from: error, to: .list, now: now)
        default:
            return streamFailed(error.message, now: now)
        }
    }

    /// What was collected is worth nothing: once more, and then without streaming.
    private mutating func streamFailed(_ message: String, now: Duration) -> Action {
        streaming.endedEarly(now: now)
        return retryList(.unavailable, message, now: now)
    }

    private mutating func errorEvent(_ status: APIStatus, now: Duration) -> Action {
        let message = status.message ?? status.reason ?? "the watch failed"
        lastRestart = .failed
        switch (status.code, status.reason) {
        case (410, _), (_, "Expired"), (_, "Gone"):
            return expired(message, now: now)
        case _ where KubernetesError(status: status).code == .resourceVersionTooLarge:
            // A streaming list is told so inside its stream; a list would be told the same, and streaming is no worse for it.
            return expired(message, now: now)
        case (429, _), (_, "TooManyRequests"):
            let error = KubernetesError(status: status)
            return recover(from: error, to: isCollecting ? .list : .watch, now: now)
        case _ where isCollecting:
            return streamFailed(message, now: now)
        case (500, _), (_, "InternalError"):
            let errors = internalErrors ?? (0, now)
            internalErrors = (errors.count + 1, errors.since)
            if errors.count < Self.internalErrorTries, now - errors.since < Self.internalErrorPeriod {
                return retryWatch(.unavailable, message, now: now)
            }
            internalErrors = nil
            return retryList(.unavailable, message, now: now)
        default:
            return retryList(.unavailable, message, now: now)
        }
    }

    /// What a list and the opening of a watch have in common.
    private mutating func recover(from error: KubernetesError, to next: Next, now: Duration) -> Action {
        switch error.code {
        case .unauthorized:
            // The token may just have been rotated: once more at once, with the new one.
            if !retriedUnauthorized {
                retriedUnauthorized = true
                return next == .list ? list(now: now) : watch()
            }
            return wait(.unauthorized, error.message, next, backoff.next(now: now, unit: random.unit()))
        case .forbidden:
            return wait(.forbidden, error.message, next, backoff.nextAtCap(now: now, unit: random.unit()))
        case .notFound, .notServed:
            // When the definition is back, its objects are others: list.
            return wait(.notServed, error.message, .list, backoff.next(now: now, unit: random.unit()))
        default:
            let delay = backoff.next(now: now, unit: random.unit())
            let asked = error.retryAfter.map {
                min($0, Self.longestRetryAfter).jittered(by: 0.1, unit: random.unit())
            }
            return wait(.unavailable, error.message, next, asked ?? delay)
        }
    }

    /// The server has forgotten the version. Everything that the store shows may be outdated, so the list is asked for at
    /// once; but a server that forgets the new version as quickly would be listed in a hot loop.
    private mutating func expired(_ message: String, now: Duration) -> Action {
        lastRestart = .expired
        isVersionUnavailable = true
        let isRepeated = lastExpiryAt.map { now - $0 < WatchBackoff.resetAfter } ?? false
        lastExpiryAt = now
        guard !isRepeated else { return retryList(.unavailable, message, now: now) }
        problem = SourceHealth.Problem(.unavailable, message)
        return list(now: now)
    }

    private mutating func retryList(_ reason: SourceHealth.Reason, _ message: String, now: Duration) -> Action {
        wait(reason, message, .list, backoff.next(now: now, unit: random.unit()))
    }

    private mutating func retryWatch(_ reason: SourceHealth.Reason, _ message: String, now: Duration) -> Action {
        wait(reason, message, .watch, backoff.next(now: now, unit: random.unit()))
    }

    private mutating func wait(
        _ reason: SourceHealth.Reason, _ message: String, _ next: Next, _ delay: Duration
    ) -> Action {
        problem = SourceHealth.Problem(reason, message)
        state = .waiting(next)
        return .wait(delay)
    }

    private mutating func list(now: Duration) -> Action {
        if streaming.isWorthATry(now: now) {
            return open(isVersionUnavailable ? nil : resourceVersion, sendsInitialEvents: true)
        }
        // Zero is whatever the server has cached; later ones must not be older than what was delivered.
        let version = isVersionUnavailable ? nil : resourceVersion ?? ResourceVersion("0")
        // A limit at any other version would make the server go past its cache.
        let limit = version == nil || version?.text == "0" ? Self.pageSize : nil
        return ask(ListRequest(resourceVersion: version, limit: limit, continueToken: nil))
    }

    private mutating func ask(_ request: ListRequest) -> Action {
        state = .listing(request)
        return .list(request)
    }

    private mutating func watch() -> Action {
        // A watch from nowhere would begin with objects that nothing tells from new ones.
        guard let resourceVersion else {
            return ask(ListRequest(resourceVersion: ResourceVersion("0"), limit: Self.pageSize, continueToken: nil))
        }
        return open(resourceVersion, sendsInitialEvents: false)
    }

    private mutating func open(_ version: ResourceVersion?, sendsInitialEvents: Bool) -> Action {
        // Spread, so that all watches of all clients do not end together.
        let seconds = 300 + Int(random.unit() * 301)
        state = .watching(Stream(timeout: .seconds(seconds), isInitial: sendsInitialEvents))
        return .watch(
            WatchRequest(
                resourceVersion: version, sendsInitialEvents: sendsInitialEvents, timeoutSeconds: seconds))
    }

    private mutating func advance(to version: ResourceVersion?) {
        guard let version, let current = resourceVersion, version.isAtLeast(current) != false else { return }
        resourceVersion = version
    }
}
