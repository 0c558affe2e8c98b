import AsyncHTTPClient
public import FoundationEssentials
public import KubernetesModel
public import Logging
public import Metrics
import NIOCore
import NIOHTTP1

/// The client of one API server. Copies share connections, credentials and caches.
///
/// A value owns connections; `shutdown()` closes them and must be called once before the last value goes away.
public struct KubernetesClient: KubernetesAPI {
    private let sender: RequestSender
    private let metrics: RequestMetrics
    private let environment: Environment
    private let logger: Logger
    private let turns = Turns(ConnectionPools.requestConnections)
    private var purpose = ConnectionPools.Purpose.requests

    /// The largest answer that is accepted whole; etcd holds no objects above 1.5 MiB, and lists come in pieces.
    private static let maximumAnswer = 16 * 1024 * 1024
    /// The largest description of an error that is read.
    private static let maximumFailure = 1024 * 1024

    /// Prepares a client; no connection is opened yet. The proxy is chosen here, once.
    ///
    /// - Parameters:
    ///   - userAgent: `name/version (os/arch)`; the server's audit log and fair queuing show it.
    ///   - processes: how a credential plugin is run.
    ///   - maximumWatches: how many watches may be open at the same time.
    ///   - metrics: where requests are counted.
    /// - Throws: `ConfigurationError`.
    public init(
        _ configuration: ClusterConfiguration, userAgent: String, environment: Environment = .system,
        files: FileReader = .system, processes: ProcessRunner = .system, maximumWatches: Int = 32,
        metrics factory: any MetricsFactory = MetricsSystem.factory, logger: Logger
    ) throws {
        let address = try ServerAddress(configuration)
        let metrics = RequestMetrics(host: address.authority, factory: factory)
        let tls =
            address.usesTLS
            ? try TLSMaterial(
                configuration, files: files, clock: environment.clock, metrics: factory, logger: logger) : nil
        let proxy = try ProxyAddress.select(for: configuration, variable: environment.variable)
        let authorizer = RequestAuthorizer(
            configuration, environment: environment, files: files, processes: processes, metrics: factory,
            logger: logger)
        sender = RequestSender(
            address: address,
            pools: ConnectionPools(
                address: address, proxy: proxy, tls: tls?.initial, maximumWatches: maximumWatches),
            authorizer: authorizer, tls: tls,
            headers: HTTPHeaders(
                [("User-Agent", userAgent)] + (configuration.credentials.impersonation?.headers ?? [])),
            metrics: metrics, clock: environment.clock, logger: logger)
        self.metrics = metrics
        self.environment = environment
        self.logger = logger
    }

    /// The same client with connections of its own for leader election, which other requests cannot delay.
    public var forLeaderElection: KubernetesClient {
        var client = self
        client.purpose = .leaderElection
        return client
    }

    /// Closes all connections; requests that are under way fail.
    ///
    /// - Throws: when a connection cannot be closed in order.
    public func shutdown() async throws {
        try await sender.pools.shutdown()
    }

    /// Sends a request, repeated where that is safe, until its deadline, which runs from when it is its turn: the server
    /// has nothing to do with how many others wait.
    public func send(_ request: APIRequest) async throws -> Data {
        guard purpose == .requests else { return try await sendNow(request) }
        guard await turns.enter(atMost: request.timeout, environment.clock) else {
            try Task.checkCancellation()
            throw KubernetesError(.timeout, "too many requests are under way")
        }
        defer { turns.leave() }
        return try await sendNow(request)
    }

    private func sendNow(_ request: APIRequest) async throws -> Data {
        let deadline = environment.clock.now + request.timeout
        return try await Deadline.run(within: request.timeout, clock: environment.clock) {
            try await repeating(request, until: deadline) {
                let body = try await collect(try await answer(to: request), upTo: Self.maximumAnswer)
                metrics.received(body.count, request)
                return body
            }
        }
    }

    /// Sends a request likewise, and hands on the body of its answer as it arrives. A body that breaks off begins anew.
    public func receive(_ request: APIRequest, into body: any AnswerBody) async throws {
        let deadline = environment.clock.now + request.timeout
        try await Deadline.run(within: request.timeout, clock: environment.clock) {
            try await repeating(request, until: deadline) {
                let response = try await answer(to: request)
                body.begin()
                var count = 0
                do {
                    for try await chunk in response.body {
                        count += chunk.readableBytes
                        try body.take(Data(chunk.readableBytesView))
                    }
                } catch {
                    throw try TransportFailure(error).error
                }
                try Task.checkCancellation()
                metrics.received(count, request)
            }
        }
    }

    /// Opens a watch on connections of its own. It is not repeated; when to try again is up to the caller, who may have to
    /// go on from another version then.
    public func openWatch(_ request: APIRequest) async throws -> any AsyncSequence<Data, any Error> & Sendable {
        try await Deadline.run(within: request.timeout, clock: environment.clock) {
            let response = try await sender.exchange(request, .watches)
            let head = AnswerHead(response)
            guard head.isSuccess, head.isJSON else { throw try await failure(head, response) }
            return WatchFrames(body: response.body)
        }
    }

    private func repeating<Output: Sendable>(
        _ request: APIRequest, until deadline: Duration, _ attempt: () async throws -> Output
    ) async throws -> Output {
        var failures = 0
        while true {
            do {
                return try await attempt()
            } catch let error as KubernetesError {
                failures += 1
                let delay = RetryPolicy.delay(
                    after: error, isRepeatable: request.isRepeatable, failures: failures,
                    remaining: deadline - environment.clock.now, unit: environment.random.unit())
                guard let delay else { throw error }
                logger.debug(
                    "request is sent again",
                    metadata: ["kubernetes.error": "\(error.code)", "kubernetes.failures": "\(failures)"])
                try await environment.clock.sleep(for: delay)
                metrics.retried(request, after: error)
            }
        }
    }

    /// The answer to a request that was carried out, up to its body.
    private func answer(to request: APIRequest) async throws -> HTTPClientResponse {
        let response = try await sender.exchange(request, purpose)
        let head = AnswerHead(response)
        // Only what is asked for as JSON has to be JSON; health checks are not.
        guard head.isSuccess, head.isJSON || !request.accept.hasPrefix(MediaType.json) else {
            throw try await failure(head, response)
        }
        return response
    }

    private func failure(_ head: AnswerHead, _ response: HTTPClientResponse) async throws -> KubernetesError {
        if head.status == 429 {
            let schema = response.headers.first(name: "X-Kubernetes-PF-FlowSchema-UID") ?? "none"
            logger.debug("request was throttled", metadata: ["kubernetes.flow_schema": "\(schema)"])
        }
        return head.failure(body: try await collect(response, upTo: Self.maximumFailure))
    }

    private func collect(_ response: HTTPClientResponse, upTo limit: Int) async throws -> Data {
        do {
            let buffer = try await response.body.collect(upTo: limit)
            return Data(buffer.readableBytesView)
        } catch {
            throw try TransportFailure(error).error
        }
    }
}

extension AnswerHead {
    /// What an answer's headers say.
    fileprivate init(_ response: HTTPClientResponse) {
        self.init(
            status: Int(response.status.code), contentType: response.headers.first(name: "Content-Type"),
            retryAfter: response.headers.first(name: "Retry-After"))
    }
}
