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
    private let state = Mutex(State())

    /// Reads the CA file; connects and logs in with the first request.
    ///
    /// - Parameters:
    ///   - jwtSource: gives JWT-SVIDs, for a login with one.
    ///   - fence: how much longer this process may write; nil when it may not. Reads are not fenced.
    /// - Throws: `VaultError` with code `rejected` when the address or the CA file is unusable.
    package convenience init(
        _ configuration: VaultConnectionConfiguration, jwtSource: (any JWTSource)? = nil, environment: Environment,
        logger: Logger, fence: @escaping @Sendable () -> Duration?
    ) throws(VaultError) {
        self.init(
            configuration, transport: try HTTPTransport(configuration, clock: environment.clock),
            jwtSource: jwtSource, clock: environment.clock, logger: logger, fence: fence)
    }

    init(
        _ configuration: VaultConnectionConfiguration, transport: any VaultTransport,
        jwtSource: (any JWTSource)? = nil, clock: any RuntimeClock, logger: Logger,
        fence: @escaping @Sendable () -> Duration?
    ) {
        self.configuration = configuration
        self.transport = transport
        self.jwtSource = jwtSource
        self.clock = clock
        self.logger = logger
        self.fence = fence
        tokens = TokenSource(clock)
        requestLimit = RequestLimit(configuration.maxConcurrentRequests)
    }

    package func read(_ path: String) async throws(VaultError) -> JSONValue? {
        let request = VaultRequest(.get, try VaultPath(path))
        let outcome = try await Deadline.limit(configuration.requestTimeout, clock) { () throws(VaultError) in
            try await self.perform(request, isFenced: false)
        }
        switch outcome {
        case .success(let data?, _): return data
        case .success: throw VaultError(.malformedAnswer, "the answer to a read has no data")
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
        case 200..<300: return
        case 501, 503: throw VaultError(.sealed, "the server is sealed or not initialised")
        default: throw VaultError(.unavailable, "the server answers with status \(response.status)")
        }
    }

    /// False also when the server does not tell; it is asked again then.
    package var supportsPolicyCheckAndSet: Bool {
        get async {
            if let known = state.withLock({ $0.supportsCheckAndSet }) { return known }
            guard let path = try? VaultPath("sys/seal-status") else { return false }
            var request = VaultRequest(.get, path)
            request.isForRootNamespace = true
            guard let response = try? await probe(request), response.status == 200, let body = response.envelope else {
                return false
            }
            let isOpenBao = body.commitDate != nil
            state.withLock { $0.supportsCheckAndSet = isOpenBao }
            return isOpenBao
        }
    }

    package var ownPolicies: Set<String> { state.withLock { $0.ownPolicies } }

    /// Remembers the policies of a token of ours, besides those of earlier ones.
    func note(policies: [String]) {
        state.withLock { $0.ownPolicies.formUnion(policies) }
    }

    /// Sends a write within the time in which this process may write.
    private func change(_ request: VaultRequest) async throws(VaultError) -> VaultOutcome {
        let time = min(configuration.requestTimeout, try remainingWriteTime())
        return try await Deadline.limit(time, clock) { () throws(VaultError) in
            try await self.perform(request, isFenced: true)
        }
    }

    private func remainingWriteTime() throws(VaultError) -> Duration {
        guard let remaining = fence(), remaining > .zero else {
            throw VaultError(.fenced, "this process does not lead")
        }
        return remaining
    }

    /// A request without token, which does not wait for its turn.
    private func probe(_ request: VaultRequest) async throws(VaultError) -> VaultResponse {
        try await Deadline.limit(configuration.requestTimeout, clock) { () throws(VaultError) in
            try await self.send(request)
        }
    }

    private func perform(_ request: VaultRequest, isFenced: Bool) async throws(VaultError) -> VaultOutcome {
        try await requestLimit.withPlace { () throws(VaultError) in
            try await self.authenticated(request, isFenced: isFenced)
        }
    }

    /// Sends with the token: once more with a new one when it is refused, and again when a node lags behind.
    private func authenticated(_ request: VaultRequest, isFenced: Bool) async throws(VaultError) -> VaultOutcome {
        var request = request
        var hasNewToken = false
        var pauses: [Duration] = [.milliseconds(50), .milliseconds(100), .milliseconds(200)]
        while true {
            let token = try await tokens.token(logIn)
            request.token = token.value
            if request.method == .get { request.index = state.withLock { $0.index.header } }
            // Leadership may have been given up while this request waited.
            if isFenced { _ = try remainingWriteTime() }
            let response = try await send(request)
            if response.status == 412 {
                if !pauses.isEmpty {
                    try await pause(pauses.removeFirst())
                    continue
                }
                let index = request.index
                state.withLock { $0.index.unreachable(index) }
            }
            if response.status == 403, !hasNewToken,
                tokens.tokenRefused(token.number, suggestsBadToken: response.suggestsBadToken)
            {
                logger.info("Vault refused the token", metadata: ["vault.operation": "\(operation(request))"])
                hasNewToken = true
                continue
            }
            if request.method != .get, let index = response.index { state.withLock { $0.index.written(index) } }
            return response.outcome(of: request.method, request.path)
        }
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
                metadata: ["vault.operation": "\(operation)", "http.status": "\(response.status)"])
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
