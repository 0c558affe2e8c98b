import AsyncHTTPClient
import NIOCore
import NIOSSL

/// Separate connections for separate purposes, so that watches cannot starve requests, and requests cannot delay the
/// renewal of leadership. HTTP/1.1 only: the client has no way to find a dead HTTP/2 connection (rule talk-1).
struct ConnectionPools: Sendable {
    /// What a connection is for.
    enum Purpose: Sendable {
        case requests
        case watches
        case leaderElection
    }

    /// How many requests may be under way at once.
    static let requestConnections = 32

    private let requests: HTTPClient
    private let watches: HTTPClient
    private let leaderElection: HTTPClient

    /// Opens no connection yet.
    ///
    /// - Parameter tls: of connections for requests that say nothing else.
    init(address: ServerAddress, proxy: ProxyAddress?, tls: TLSConfiguration?, maximumWatches: Int) {
        // A silent watch is the caller's to find; this only ends one that nobody looks at any more.
        // Requests wait for their turn above, and never for a connection: here a wait would end after the time that is for
        // connecting. Some more than there are turns, since a connection may still be closing.
        requests = Self.client(
            connections: Self.requestConnections * 2, read: .seconds(30), proxy: proxy, tls: tls, address: address)
        watches = Self.client(
            connections: maximumWatches, read: .minutes(12), proxy: proxy, tls: tls, address: address)
        leaderElection = Self.client(connections: 2, read: .seconds(15), proxy: proxy, tls: tls, address: address)
    }

    /// The client for a purpose.
    subscript(purpose: Purpose) -> HTTPClient {
        switch purpose {
        case .requests: requests
        case .watches: watches
        case .leaderElection: leaderElection
        }
    }

    /// Closes all connections.
    func shutdown() async throws {
        try await requests.shutdown()
        try await watches.shutdown()
        try await leaderElection.shutdown()
    }

    private static func client(
        connections: Int, read: TimeAmount, proxy: ProxyAddress?, tls: TLSConfiguration?, address: ServerAddress
    ) -> HTTPClient {
        var configuration = HTTPClient.Configuration(
            // A redirect would carry the bearer token to somebody else.
            redirectConfiguration: .disallow,
            timeout: HTTPClient.Configuration.Timeout(connect: .seconds(10), read: read),
            proxy: proxy.map(HTTPClient.Configuration.Proxy.init), decompression: .disabled)
        configuration.tlsConfiguration = tls
        // Nobody traces, and the client would take each URL apart for a span that goes nowhere.
        configuration.tracing.tracer = nil
        configuration.httpVersion = .http1Only
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connections
        // Waiting and trying again is decided above, where it is counted.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.dnsOverride = address.resolution
        return HTTPClient(configuration: configuration)
    }
}

extension HTTPClient.Configuration.Proxy {
    fileprivate init(_ address: ProxyAddress) {
        switch address.kind {
        case .socks5:
            self = .socksServer(host: address.host, port: address.port)
        case .http:
            self = .server(
                host: address.host, port: address.port,
                authorization: address.credentials.map {
                    .basic(username: $0.username, password: $0.password.revealed)
                })
        }
    }
}
