import KubernetesClient
import KubernetesModel

/// The list-and-watch protocol of one kind as decisions without I/O: inputs go in, the next action comes out.
///
/// The rules and their reasons: client-go `tools/cache/reflector.go`; apiserver `storage/errors.go`. In short: the first
/// list may be stale, later ones may not go back in time, an expired version leads to a quorum list, a broken connection
/// does not lead to a list at all.
struct WatchStateMachine: Sendable {
    /// What the driver does next.
    enum Action: Equatable, Sendable {
        /// Ask for a page; a request without continue token starts over and discards earlier pages.
        case list(ListRequest)
        /// All pages are there: replace the store, deliver the changes, then call `replaced`.
        case replace(ResourceVersion)
        /// Open a watch and read it.
        case watch(WatchRequest)
        /// Wait, then call `waited`.
        case wait(Duration)
    }

    struct ListRequest: Equatable, Sendable {
        /// nil asks for the newest state (quorum read).
        var resourceVersion: ResourceVersion?
        var limit: Int?
        var continueToken: String?
    }

    struct WatchRequest: Equatable, Sendable {
        var resourceVersion: ResourceVersion
        /// After how long the server ends the watch.
        var timeoutSeconds: Int
    }

    /// What arrived on an open watch.
    enum Received: Equatable, Sendable {
        case object(ResourceVersion?)
        case bookmark(ResourceVersion)
        case error(APIStatus)
        case malformed
    }

    /// Why a watch was reopened or a list repeated, for metrics.
    enum Restart: String, CaseIterable, Sendable {
        case ended, stalled, expired, failed, malformed
    }

    private enum State: Sendable {
        case idle
        case listing(ListRequest)
        case replacing(ResourceVersion)
        case watching(openedAt: Duration, timeout: Duration, lines: Int)
        case waiting(Next)
    }

    private enum Next: Sendable { case list, watch }

    private static let pageSize = 500
    /// A server-side error is retried at the same version this often, within this time; then the list is repeated.
    private static let internalErrorTries = 5
    private static let internalErrorPeriod: Duration = .seconds(60)
    /// A watch that ends faster than this without a line is a failure, or a closing proxy would make a hot loop.
    private static let shortWatch: Duration = .seconds(1)

    private let random: any RandomSource
    private var state = State.idle
    private var backoff = WatchBackoff()
    /// Everything up to this version was delivered; nil before the first list.
    private(set) var resourceVersion: ResourceVersion?
    private var isVersionUnavailable = false
    private var bookmarksSeen = 0
    private var retriedUnauthorized = false
    private var internalErrors: (count: Int, since: Duration)?
    /// What is wrong; nil while a watch is open.
    private(set) var problem: SourceHealth.Problem?
    /// Why the last watch ended.
    private(set) var lastRestart: Restart?

    init(random: any RandomSource) {
        self.random = random
    }

    // MARK: Inputs

    /// Begins with a list.
    mutating func start() -> Action { list() }

    /// A page of the list arrived.
    mutating func listed(_ page: ListMeta, now: Duration) -> Action {
        guard case .listing(let request) = state else { return list() }
        if let token = page.continue, !token.isEmpty {
            return ask(ListRequest(resourceVersion: nil, limit: request.limit, continueToken: token))
        }
        // The list's version, never the newest of its items: those can be far behind.
        guard let version = page.resourceVersion, !version.text.isEmpty else {
            return retryList(.unavailable, "the list has no resource version", now: now)
        }
        state = .replacing(version)
        return .replace(version)
    }

    /// A list request failed.
    mutating func listFailed(_ error: KubernetesError, now: Duration) -> Action {
        switch error.code {
        case .expired, .resourceVersionTooLarge:
            if case .listing(let request) = state, request.continueToken != nil {
                // The snapshot expired between pages. A partial list is worth nothing: all of it, in one answer.
                return ask(ListRequest(resourceVersion: nil, limit: nil, continueToken: nil))
            }
            let wasQuorumRead = isVersionUnavailable
            isVersionUnavailable = true
            return wasQuorumRead ? retryList(.unavailable, error.message, now: now) : list()
        default:
            return recover(from: error, to: .list, now: now)
        }
    }

    /// The complete list is in the store and its changes are delivered.
    mutating func replaced() -> Action {
        guard case .replacing(let version) = state else { return list() }
        resourceVersion = version
        isVersionUnavailable = false
        internalErrors = nil
        return watch()
    }

    /// The server answered the watch with a stream.
    mutating func watchOpened(now: Duration) {
        guard case .watching(_, let timeout, _) = state else { return }
        state = .watching(openedAt: now, timeout: timeout, lines: 0)
        problem = nil
        retriedUnauthorized = false
    }

    /// A line arrived.
    ///
    /// - Returns: nil to read on; otherwise close the stream and do this.
    mutating func received(_ line: Received, now: Duration) -> Action? {
        guard case .watching(let openedAt, let timeout, let lines) = state else { return nil }
        state = .watching(openedAt: openedAt, timeout: timeout, lines: lines + 1)
        switch line {
        case .object(let version):
            advance(to: version)
            internalErrors = nil
            return nil
        case .bookmark(let version):
            bookmarksSeen += bookmarksSeen < 2 ? 1 : 0
            advance(to: version)
            internalErrors = nil
            return nil
        case .error(let status):
            return errorEvent(status, now: now)
        case .malformed:
            lastRestart = .malformed
            return retryList(.unavailable, "the watch sent a line that is no event", now: now)
        }
    }

    /// The watch could not be opened, or its stream broke.
    mutating func watchFailed(_ error: KubernetesError, now: Duration) -> Action {
        lastRestart = .failed
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
        guard case .watching(let openedAt, _, let lines) = state else { return list() }
        lastRestart = .ended
        if lines == 0, now - openedAt < Self.shortWatch {
            return retryWatch(.unavailable, "the watch was closed as soon as it was open", now: now)
        }
        return watch()
    }

    /// Nothing arrived for longer than `silenceLimit`: the connection is dead, though nobody said so.
    mutating func watchStalled() -> Action {
        lastRestart = .stalled
        return watch()
    }

    /// The wait is over.
    mutating func waited() -> Action {
        guard case .waiting(.watch) = state else { return list() }
        return watch()
    }

    /// For how long a watch may be silent. Bookmarks come about once a minute; where two of them were seen, two and a half
    /// minutes of silence are death. Elsewhere the server's own time limit has to pass.
    var silenceLimit: Duration {
        guard case .watching(_, let timeout, _) = state, bookmarksSeen < 2 else { return .seconds(150) }
        return timeout + .seconds(30)
    }

    // MARK: Decisions

    private var linesRead: Int {
        guard case .watching(_, _, let lines) = state else { return 0 }
        return lines
    }

    private mutating func errorEvent(_ status: APIStatus, now: Duration) -> Action {
        let message = status.message ?? status.reason ?? "the watch failed"
        lastRestart = .failed
        switch (status.code, status.reason) {
        case (410, _), (_, "Expired"), (_, "Gone"):
            return expired(message, now: now)
        case (429, _), (_, "TooManyRequests"):
            let delay = status.details?.retryAfterSeconds.map { Duration.seconds($0) }
            return retryWatch(.unavailable, message, now: now, after: delay)
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
                return next == .list ? list() : watch()
            }
            return wait(.unauthorized, error.message, next, backoff.next(now: now, unit: random.unit()))
        case .forbidden:
            return wait(.forbidden, error.message, next, backoff.nextAtCap(now: now, unit: random.unit()))
        case .notFound, .notServed:
            // When the definition is back, its objects are others: list.
            return wait(.notServed, error.message, .list, backoff.next(now: now, unit: random.unit()))
        default:
            let delay = backoff.next(now: now, unit: random.unit())
            let asked = error.retryAfter.map { RetryBackoff.jittered($0, share: 0.1, unit: random.unit()) }
            return wait(.unavailable, error.message, next, asked ?? delay)
        }
    }

    private mutating func expired(_ message: String, now: Duration) -> Action {
        lastRestart = .expired
        isVersionUnavailable = true
        return retryList(.unavailable, message, now: now)
    }

    private mutating func retryList(_ reason: SourceHealth.Reason, _ message: String, now: Duration) -> Action {
        wait(reason, message, .list, backoff.next(now: now, unit: random.unit()))
    }

    private mutating func retryWatch(
        _ reason: SourceHealth.Reason, _ message: String, now: Duration, after delay: Duration? = nil
    ) -> Action {
        let own = backoff.next(now: now, unit: random.unit())
        return wait(reason, message, .watch, delay ?? own)
    }

    private mutating func wait(
        _ reason: SourceHealth.Reason, _ message: String, _ next: Next, _ delay: Duration
    ) -> Action {
        problem = SourceHealth.Problem(reason, message)
        state = .waiting(next)
        return .wait(delay)
    }

    private mutating func list() -> Action {
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
        guard let resourceVersion else { return list() }
        // Spread, so that all watches of all clients do not end together.
        let seconds = 300 + Int(random.unit() * 301)
        state = .watching(openedAt: .zero, timeout: .seconds(seconds), lines: 0)
        return .watch(WatchRequest(resourceVersion: resourceVersion, timeoutSeconds: seconds))
    }

    private mutating func advance(to version: ResourceVersion?) {
        guard let version, let current = resourceVersion, version.isAtLeast(current) != false else { return }
        resourceVersion = version
    }
}
