import AsyncHTTPClient
import FoundationEssentials
import KubernetesModel
import NIOCore
import NIOHTTP1
import NIOSSL
import Synchronization

/// HTTP/1.1 to one address. Redirects are not followed: they would carry the token to another path or host.
final class HTTPTransport: VaultTransport {
    /// The longest answer that is read; a policy with 20 000 rules has about 1 MB.
    private static let maxAnswerSize = 8 << 20

    private struct State {
        /// What requests say of their connections; nothing while files are as they were first.
        var tls: TLSConfiguration?
        var contents: TLSFiles.Contents
        var refreshAt: Duration
    }

    /// How often the files of TLS are read again.
    private static let refreshInterval = Duration.seconds(60)

    private let client: HTTPClient
    private let base: String
    private let namespace: String?
    private let files: TLSFiles
    private let initialContents: TLSFiles.Contents
    private let clock: any RuntimeClock
    private let state: Mutex<State>

    /// Reads the files of TLS; connects later.
    ///
    /// - Throws: `VaultError` with code `rejected` when the address or a file is unusable.
    init(_ configuration: VaultConnectionConfiguration, clock: any RuntimeClock) throws(VaultError) {
        var address = configuration.address
        while address.hasSuffix("/") { address.removeLast() }
        guard let url = URL(string: address), url.scheme == "http" || url.scheme == "https",
            url.host?.isEmpty == false
        else {
            throw VaultError(.rejected, "the address of Vault is not an http or https URL")
        }
        base = address
        namespace = configuration.namespace
        self.clock = clock
        files = TLSFiles(configuration)
        let contents = try files.read()
        initialContents = contents
        state = Mutex(State(contents: contents, refreshAt: clock.now + Self.refreshInterval))
        var settings = HTTPClient.Configuration(
            tlsConfiguration: try TLSFiles.configuration(contents), redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(3)))
        settings.httpVersion = .http1Only
        // Nobody traces, and the client would take each URL apart for a span that goes nowhere.
        settings.tracing.tracer = nil
        // Slow requests, renewals and probes come on top of the requests that are counted. Nothing ever waits here.
        settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit =
            configuration.maxConcurrentRequests + configuration.maxConcurrentSlowRequests * 2 + 4
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
    }

    /// Connections that nobody closed, because something failed before there was anybody to do so.
    deinit {
        client.shutdown { _ in }
    }

    func send(_ request: VaultRequest, timeout: Duration) async throws(VaultError) -> VaultResponse {
        var httpRequest = try httpRequest(request)
        if !files.isEmpty { httpRequest.tlsConfiguration = currentTLS() }
        do {
            let response = try await client.execute(httpRequest, timeout: TimeAmount(timeout))
            let body = try await response.body.collect(upTo: Self.maxAnswerSize)
            return VaultResponse(status: Int(response.status.code), data: Data(body.readableBytesView)) {
                response.headers.first(name: $0)
            }
        } catch {
            throw Self.vaultError(error)
        }
    }

    func sendRegardless(_ request: VaultRequest, timeout: Duration) async throws(VaultError) -> VaultResponse {
        do {
            let described = try httpRequest(request)
            var httpRequest = try HTTPClient.Request(
                url: described.url, method: described.method, headers: described.headers,
                body: try request.body.map { .bytes(try JSON.encode($0)) })
            if !files.isEmpty { httpRequest.tlsConfiguration = currentTLS() }
            // A future does not end with the task that waits for it.
            let response = try await client.execute(request: httpRequest, deadline: .now() + TimeAmount(timeout)).get()
            let data = response.body.map { Data($0.readableBytesView) } ?? Data()
            return VaultResponse(status: Int(response.status.code), data: data) { response.headers.first(name: $0) }
        } catch {
            throw Self.vaultError(error)
        }
    }

    func shutDown() async {
        // Fails only when it was shut down before.
        try? await client.shutdown()
    }

    /// The TLS configuration for new connections, from files that are read again now and then; nil for that of the client, by which
    /// connections are found without hashing certificates. Files that are unusable for the moment, as while somebody writes them,
    /// leave it as it is.
    private func currentTLS() -> TLSConfiguration? {
        let now = clock.now
        let known = state.withLock { state in
            defer { if now >= state.refreshAt { state.refreshAt = now + Self.refreshInterval } }
            return state
        }
        guard now >= known.refreshAt, let contents = try? files.read(), contents != known.contents,
            let made = try? TLSFiles.configuration(contents)
        else { return known.tls }
        let tls = contents == initialContents ? nil : made
        state.withLock {
            $0.tls = tls
            $0.contents = contents
        }
        return tls
    }

    private func httpRequest(_ request: VaultRequest) throws(VaultError) -> HTTPClientRequest {
        let query = request.query.map { "?\($0)" } ?? ""
        var result = HTTPClientRequest(url: "\(base)/v1/\(request.path.encoded)\(query)")
        result.method = HTTPMethod(rawValue: request.method.rawValue)
        // Agents and proxies of Vault can be set up to refuse requests without it, as a guard against forgery.
        result.headers.add(name: "X-Vault-Request", value: "true")
        if let namespace, !request.isForRootNamespace {
            result.headers.add(name: "X-Vault-Namespace", value: namespace)
        }
        if let token = request.token { result.headers.add(name: "X-Vault-Token", value: token) }
        if let index = request.index { result.headers.add(name: "X-Vault-Index", value: index) }
        if let body = request.body {
            guard let data = try? JSON.encode(body) else {
                throw VaultError(.rejected, "the body of the request is not JSON")
            }
            result.headers.add(name: "Content-Type", value: "application/json")
            result.body = .bytes(data)
        }
        return result
    }

    /// Messages say what kind of failure it was, never to whom: addresses do not belong into statuses.
    private static func vaultError(_ error: any Error) -> VaultError {
        switch error {
        case is CancellationError:
            return .taskCancelled
        case let error as HTTPClientError:
            return vaultError(error)
        case let error as VaultError:
            return error
        case is NIOTooManyBytesError:
            return VaultError(.malformedAnswer, "the answer is too long")
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError:
            return VaultError(.unavailable, "TLS to the server cannot be established")
        default:
            return VaultError(.unavailable, "the server cannot be reached")
        }
    }

    private static func vaultError(_ error: HTTPClientError) -> VaultError {
        switch error {
        case .cancelled:
            return .taskCancelled
        case .deadlineExceeded, .readTimeout:
            return .noAnswerInTime
        case .connectTimeout, .getConnectionFromPoolTimeout:
            return VaultError(.unavailable, "no connection in time")
        default:
            return VaultError(.unavailable, "the server cannot be reached")
        }
    }
}

extension TimeAmount {
    /// At least a millisecond, at most a day.
    fileprivate init(_ duration: Duration) {
        let seconds = min(max(duration / .seconds(1), 0.001), 86_400)
        self = .nanoseconds(Int64(seconds * 1e9))
    }
}

/// Carries single requests to a server and answers back; knows nothing of logins, retries and meanings.
protocol VaultTransport: Sendable {
    /// Sends a request.
    ///
    /// - Throws: `VaultError` with code `unavailable`, `cancelled`, `malformedAnswer` or `rejected`.
    func send(_ request: VaultRequest, timeout: Duration) async throws(VaultError) -> VaultResponse

    /// Sends a request even when the calling task is cancelled: for the last one of a process.
    ///
    /// - Throws: as `send`.
    func sendRegardless(_ request: VaultRequest, timeout: Duration) async throws(VaultError) -> VaultResponse

    /// Closes all connections; nothing can be sent after that.
    func shutDown() async
}
