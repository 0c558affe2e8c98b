package import KubernetesModel
package import Logging
import ServiceLifecycle
import Synchronization

/// One logged-in connection to Vault or OpenBao.
///
/// Run it as a service, which keeps the token fresh and revokes it at shutdown; or call `close()` at the end.
package final class VaultConnection: VaultAPI, Service {
    private struct State {
        var index = ConsistencyIndex()
        var supportsCheckAndSet: Bool?
        var ownPolicies: Set<String> = []
    }

    let configuration: VaultConnectionConfiguration
    let transport: any VaultTransport
    let tokens: TokenSource
    let clock: any RuntimeClock
    let logger: Logger
    let metrics = VaultMetrics()
    let jwtSource: (any JWTSource)?
    private let requestLimit: RequestLimit
    private let fence: @Sendable () -> Duration?
    let onForgotten: @Sendable () -> Void
    private let state = Mutex(State())

    /// Reads the CA file; connects and logs in with the first request.
    ///
    /// - Parameters:
    ///   - jwtSource: gives JWT-SVIDs, for a login with one.
    ///   - fence: how much longer this process may write; nil when it may not. Reads are not fenced.
    ///   - onForgotten: is told when the server does not know a token of ours before its time: it may have been restored to
    ///     an older state, and have forgotten more than that.
    /// - Throws: `VaultError` with code `rejected` when the address or the CA file is unusable.
    package convenience init(
        _ configuration: VaultConnectionConfiguration, jwtSource: (any JWTSource)? = nil, environment: Environment,
        logger: Logger, fence: @escaping @Sendable () -> Duration?, onForgotten: @escaping @Sendable () -> Void = {}
    ) throws(VaultError) {
        self.init(
            configuration, transport: try HTTPTransport(configuration, clock: environment.clock),
            jwtSource: jwtSource, clock: environment.clock, logger: logger, fence: fence, onForgotten: onForgotten)
    }

    init(
        _ configuration: VaultConnectionConfiguration, transport: any VaultTransport,
        jwtSource: (any JWTSource)? = nil, clock: any RuntimeClock, logger: Logger,
        fence: @escaping @Sendable () -> Duration?, onForgotten: @escaping @Sendable () -> Void = {}
    ) {
        self.configuration = configuration
        self.transport = transport
        self.jwtSource = jwtSource
        self.clock = clock
        self.logger = logger
        self.fence = fence
        self.onForgotten = onForgotten
        tokens = TokenSource(clock)
        requestLimit = RequestLimit(
            configuration.maxConcurrentRequests, aside: configuration.maxConcurrentSlowRequests)
    }

    package func read(_ path: String) async throws(VaultError) -> JSONValue? {
        let request = VaultRequest(.get, try VaultPath(path))
        switch try await perform(request, isFenced: false) {
        case .success(let data?, _): return data
        case .success: throw VaultError(.malformedAnswer, "the answer to a read has no data")
        case .absent: return nil
        case .failure(let error): throw error
        }
    }

    package func count(below path: String) async throws(VaultError) -> Int { try await names(below: path).count }

    /// What is listed below a path.
    ///
    /// - Throws: `VaultError`.
    package func names(below path: String) async throws(VaultError) -> [String] {
        guard let listing = try await listing(below: path) else { return [] }
        guard let keys = listing["keys"]?.array else {
            throw VaultError(.malformedAnswer, "the answer to a listing has no keys")
        }
        return keys.map { $0.string ?? "" }
    }

    package func details(below path: String) async throws(VaultError) -> [String: JSONValue] {
        guard let listing = try await listing(below: path) else { return [:] }
        guard let details = listing["key_info"]?.object else {
            throw VaultError(.malformedAnswer, "the answer to a listing has names alone")
        }
        return details
    }

    /// - Returns: the `data` of the answer; nil when there is nothing below the path.
    private func listing(below path: String) async throws(VaultError) -> JSONValue? {
        let request = VaultRequest(.get, try VaultPath(path), query: "list=true")
        switch try await perform(request, isFenced: false) {
        case .success(let data, _): return data ?? JSONValue.null
        case .absent: return nil
        case .failure(let error): throw error
        }
    }

    @discardableResult
    package func write(_ path: String, _ body: JSONValue) async throws(VaultError) -> [String] {
        switch try await change(VaultRequest(.post, try VaultPath(path), body: body)) {
        case .success(_, let warnings): return warnings
        case .absent: throw VaultError(.rejected, "the server refuses the request")
        case .failure(let error): throw error
        }
    }

    package func submit(_ path: String, _ body: JSONValue) async throws(VaultError) -> JSONValue? {
        switch try await change(VaultRequest(.post, try VaultPath(path), body: body)) {
        case .success(let data, _): return data
        case .absent: throw VaultError(.rejected, "the server refuses the request")
        case .failure(let error): throw error
        }
    }

    package func delete(_ path: String) async throws(VaultError) {
        if case .failure(let error) = try await change(VaultRequest(.delete, try VaultPath(path))) { throw error }
    }

    package func checkHealth() async throws(VaultError) {
        var request = VaultRequest(.get, try VaultPath("sys/health"), query: "standbyok=true&perfstandbyok=true")
        request.isForRootNamespace = true
        let response = try await probe(request)
        switch response.status {
        case 200..<300: break
        case 501, 503: throw VaultError(.sealed, "the server is sealed or not initialised")
        default: throw VaultError(.unavailable, "the server answers with status \(response.status)")
        }
        // Health is answered without the storage, and a token is not: only both together are a sign of life.
        guard let token = tokens.current else { return }
        var look = VaultRequest(.get, try VaultPath("auth/token/lookup-self"))
        look.token = token.value
        let answer = try await probe(look)
        guard case .failure(let error) = answer.outcome(of: look.method, look.path) else { return }
        if error.code == .unavailable || error.code == .sealed { throw error }
    }

    package var supportsPolicyCheckAndSet: Bool {
        get async throws(VaultError) {
            if let known = state.withLock({ $0.supportsCheckAndSet }) { return known }
            var request = VaultRequest(.get, try VaultPath("sys/seal-status"))
            request.isForRootNamespace = true
            let response = try await probe(request)
            // Whoever forbids the question has answered it; who fails may answer it next time.
            if (400..<500).contains(response.status), response.status != 429 { return false }
            guard response.status == 200, let body = response.envelope else {
                throw VaultError(.unavailable, "the server does not say what it is")
            }
            let isOpenBao = body.commitDate != nil
            state.withLock { $0.supportsCheckAndSet = isOpenBao }
            return isOpenBao
        }
    }

    package var ownPolicies: Set<String> { state.withLock { $0.ownPolicies } }

    /// Brings the gauges of the token up to date; call it before metrics are rendered.
    package func updateGauges() { metrics.show(tokens.current, at: clock.now) }

    /// Remembers the policies of a token of ours, besides those of earlier ones.
    func note(policies: [String]) {
        state.withLock { $0.ownPolicies.formUnion(policies) }
    }

    /// Sends a write within the time in which this process may write.
    private func change(_ request: VaultRequest) async throws(VaultError) -> VaultOutcome {
        _ = try remainingWriteTime()
        return try await perform(request, isFenced: true)
    }

    private func remainingWriteTime() throws(VaultError) -> Duration {
        guard let remaining = fence(), remaining > .zero else {
            throw VaultError(.fenced, "this process does not lead")
        }
        return remaining
    }

    /// A cheap request, which does not wait for its turn. Whoever does not answer it in time is away.
    private func probe(_ request: VaultRequest) async throws(VaultError) -> VaultResponse {
        do throws(VaultError) {
            return try await limited(to: configuration.probeTimeout) { () throws(VaultError) in
                try await self.send(request)
            }
        } catch  where error.code == .slow {
            throw VaultError(.unavailable, error.message)
        }
    }

    private func perform(_ request: VaultRequest, isFenced: Bool) async throws(VaultError) -> VaultOutcome {
        try await requestLimit.withPlace(atMost: configuration.turnTimeout, clock) { place throws(VaultError) in
            try await self.authenticated(request, isFenced: isFenced, place)
        }
    }

    /// Sends with the token: once more with a new one when it is refused, and again when a node lags behind.
    private func authenticated(
        _ request: VaultRequest, isFenced: Bool, _ place: RequestLimit.Place
    ) async throws(VaultError) -> VaultOutcome {
        var request = request
        var hasNewToken = false
        var pauses: [Duration] = [.milliseconds(50), .milliseconds(100), .milliseconds(200)]
        while true {
            let token = try await tokens.token(boundedLogIn)
            request.token = token.value
            if request.method == .get { request.index = state.withLock { $0.index.header } }
            let response = try await attempt(request, isFenced: isFenced, place)
            if response.status == 412 {
                if !pauses.isEmpty {
                    try await pause(pauses.removeFirst())
                    continue
                }
                let index = request.index
                state.withLock { $0.index.unreachable(index) }
            }
            if response.status == 403, !hasNewToken, await replaceToken(token, refused: response, on: request) {
                hasNewToken = true
                continue
            }
            if request.method != .get, let index = response.index { state.withLock { $0.index.written(index) } }
            return await confirmed(response.outcome(of: request.method, request.path), of: response)
        }
    }

    /// What an answer means, once it is known that an outage is one. A proxy gives up on a single slow call, and what engines
    /// say is not all their own: while cheap reads are answered, that is about this call alone.
    private func confirmed(_ outcome: VaultOutcome, of response: VaultResponse) async -> VaultOutcome {
        guard response.status >= 500, case .failure(let error) = outcome,
            error.code == .unavailable || error.code == .sealed
        else { return outcome }
        do throws(VaultError) {
            try await checkHealth()
        } catch {
            return outcome
        }
        return .failure(
            VaultError(response.status == 500 ? .rejected : .slow, error.message, retryAfter: error.retryAfter))
    }

    /// Sends once. The time runs from here, since waiting for a turn says nothing of the server; and what takes long makes
    /// room for others.
    private func attempt(
        _ request: VaultRequest, isFenced: Bool, _ place: RequestLimit.Place
    ) async throws(VaultError) -> VaultResponse {
        var time = configuration.requestTimeout
        // Leadership may have been given up while this request waited.
        if isFenced { time = min(time, try remainingWriteTime()) }
        do throws(VaultError) {
            return try await limited(
                to: time, patience: Patience(time: configuration.patience, mayGoOn: place.stepAside)
            ) { () throws(VaultError) in
                try await self.send(request)
            }
        } catch  where error.code == .slow {
            // Whether the server is away or only what is behind this call, a cheap read tells.
            try await checkHealth()
            logger.info(
                "Vault answers, but a call takes too long", metadata: ["vault.operation": "\(operation(request))"])
            throw error
        }
    }

    /// Bounds a call in time.
    ///
    /// - Throws: `VaultError` with code `slow` when the time is over, or it takes long and may not; what the call throws.
    func limited<Success: Sendable>(
        to time: Duration, patience: Patience? = nil,
        _ call: @escaping @Sendable () async throws(VaultError) -> Success
    ) async throws(VaultError) -> Success {
        try await clock.limit(time, patience: patience, call, interrupted: { VaultError($0) })
    }

    private func pause(_ duration: Duration) async throws(VaultError) {
        do {
            try await clock.sleep(for: duration)
        } catch {
            throw VaultError(.cancelled, "the task was cancelled")
        }
    }

    /// Sends one request; counts, times and logs it.
    func send(_ request: VaultRequest) async throws(VaultError) -> VaultResponse {
        let operation = operation(request)
        let start = clock.now
        do throws(VaultError) {
            let response = try await transport.send(request, timeout: configuration.requestTimeout)
            metrics.requestFinished(operation, status: response.status, after: clock.now - start)
            logger.debug(
                "Sent a request to Vault",
                metadata: ["vault.operation": "\(operation)", "http.status": .stringConvertible(response.status)])
            return response
        } catch {
            metrics.requestFinished(operation, status: nil, after: clock.now - start)
            logger.debug(
                "Sent a request to Vault", metadata: ["vault.operation": "\(operation)", "error.code": "\(error.code)"])
            throw error
        }
    }

    private func operation(_ request: VaultRequest) -> String {
        VaultOperation.name(request.method, request.path)
    }
}
