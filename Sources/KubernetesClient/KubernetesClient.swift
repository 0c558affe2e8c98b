import AsyncHTTPClient
public import FoundationEssentials
public import KubernetesModel
public import Logging
import NIOCore
import NIOHTTP1

/// A client of one API server over HTTP/1.1.
///
/// Values share their connections. `shutdown()` closes them and must be called once before the last value goes away.
public struct KubernetesClient: KubernetesAPI {
    private let address: ServerAddress
    private let pools: ConnectionPools
    private let authorizer: RequestAuthorizer
    private let tls: TLSMaterial?
    private let userAgent: String
    private let environment: Environment
    private let logger: Logger
    private let warnings = ServerWarnings()
    private var purpose = ConnectionPools.Purpose.requests

    /// The largest answer that is accepted: a list of all objects of a kind.
    private static let maximumAnswer = 512 * 1024 * 1024
    /// The largest description of an error that is read.
    private static let maximumFailure = 1024 * 1024

    /// Prepares a client; no connection is opened yet.
    ///
    /// - Parameters:
    ///   - userAgent: `name/version (os/arch)`; the server's audit log and fair queuing show it.
    ///   - maximumWatches: how many watches may be open at the same time.
    /// - Throws: `ConfigurationError`.
    public init(
        _ configuration: ClusterConfiguration, userAgent: String, environment: Environment = .system,
        files: FileReader = .system, maximumWatches: Int = 32, logger: Logger
    ) throws {
        address = try ServerAddress(configuration)
        tls =
            address.usesTLS
            ? try TLSMaterial(configuration, files: files, clock: environment.clock, logger: logger) : nil
        authorizer = RequestAuthorizer(
            configuration.credentials.authorization, files: files, clock: environment.clock, logger: logger)
        self.userAgent = userAgent
        self.environment = environment
        self.logger = logger
        pools = try ConnectionPools(configuration, address: address, maximumWatches: maximumWatches)
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
        try await pools.shutdown()
    }

    /// Sends a request, repeated where that is safe, until its deadline.
    public func send(_ request: APIRequest) async throws -> Data {
        let deadline = environment.clock.now + request.timeout
        return try await Deadline.run(within: request.timeout, clock: environment.clock) {
            try await sendUntil(deadline, request)
        }
    }

    /// Opens a watch on connections of its own. It is not repeated; when to try again is up to the caller.
    public func openWatch(_ request: APIRequest) async throws -> any AsyncSequence<Data, any Error> & Sendable {
        try await Deadline.run(within: request.timeout, clock: environment.clock) {
            let (head, response) = try await exchange(request, .watches)
            guard head.isSuccess, head.isJSON else { throw try await failure(head, response) }
            return WatchFrames(body: response.body)
        }
    }

    private func sendUntil(_ deadline: Duration, _ request: APIRequest) async throws -> Data {
        var failures = 0
        while true {
            do {
                let (head, response) = try await exchange(request, purpose)
                // Only what is asked for as JSON has to be JSON; health checks are not.
                guard head.isSuccess, head.isJSON || !request.accept.hasPrefix(MediaType.json) else {
                    throw try await failure(head, response)
                }
                return try await collect(response, upTo: Self.maximumAnswer)
            } catch let error as KubernetesError {
                failures += 1
                let delay = RetryPolicy.delay(
                    after: error, method: request.method, failures: failures,
                    remaining: deadline - environment.clock.now, spread: 2 * environment.random.unit() - 1)
                guard let delay else { throw error }
                logger.debug(
                    "request is sent again",
                    metadata: ["kubernetes.error": "\(error.code)", "kubernetes.failures": "\(failures)"])
                try await environment.clock.sleep(for: delay)
            }
        }
    }

    /// Sends a request once, and a second time with fresh credentials when the first ones are refused.
    private func exchange(
        _ request: APIRequest, _ purpose: ConnectionPools.Purpose
    ) async throws -> (AnswerHead, HTTPClientResponse) {
        let authorization = try authorizer.header()
        let response = try await execute(request, authorization, purpose)
        guard response.status == .unauthorized, authorizer.renews(after: authorization) else {
            return (head(of: response), response)
        }
        let second = try await execute(request, authorizer.header(), purpose)
        return (head(of: second), second)
    }

    private func execute(
        _ request: APIRequest, _ authorization: Secret?, _ purpose: ConnectionPools.Purpose
    ) async throws -> HTTPClientResponse {
        var http = HTTPClientRequest(url: address.url(request))
        http.method = HTTPMethod(rawValue: request.method.rawValue)
        http.headers.add(name: "User-Agent", value: userAgent)
        http.headers.add(name: "Accept", value: request.accept)
        if let authorization { http.headers.add(name: "Authorization", value: authorization.revealed) }
        if let contentType = request.contentType { http.headers.add(name: "Content-Type", value: contentType) }
        if let body = request.body { http.body = .bytes(ByteBuffer(bytes: body)) }
        http.tlsConfiguration = tls?.current()
        do {
            // The deadline of the caller cancels this; the client's own is only a second line of defence.
            let limit = TimeAmount(request.timeout) + .seconds(5)
            let response = try await pools[purpose].execute(http, timeout: limit)
            warnings.log(response.headers["Warning"], logger)
            return response
        } catch {
            throw try TransportFailure.classify(error)
        }
    }

    private func head(of response: HTTPClientResponse) -> AnswerHead {
        AnswerHead(
            status: Int(response.status.code), contentType: response.headers.first(name: "Content-Type"),
            retryAfter: response.headers.first(name: "Retry-After"))
    }

    private func failure(_ head: AnswerHead, _ response: HTTPClientResponse) async throws -> KubernetesError {
        let body = try await collect(response, upTo: Self.maximumFailure)
        if head.status == 429 {
            let schema = response.headers.first(name: "X-Kubernetes-PF-FlowSchema-UID") ?? "none"
            logger.debug("request was throttled", metadata: ["kubernetes.flow_schema": "\(schema)"])
        }
        return head.failure(body: body)
    }

    private func collect(_ response: HTTPClientResponse, upTo limit: Int) async throws -> Data {
        do {
            let buffer = try await response.body.collect(upTo: limit)
            return Data(buffer.readableBytesView)
        } catch {
            throw try TransportFailure.classify(error)
        }
    }
}
