import AsyncHTTPClient
import FoundationEssentials
import NIOCore

/// Separate connections for separate purposes, so that watches cannot starve requests, and requests cannot delay the
/// renewal of leadership. HTTP/1.1 only: the client has no way to find a dead HTTP/2 connection (kubernetes-runtime §8.1).
struct ConnectionPools: Sendable {
    /// What a connection is for.
    enum Purpose: Sendable {
        case requests
        case watches
        case leaderElection
    }

    private let requests: HTTPClient
    private let watches: HTTPClient
    private let leaderElection: HTTPClient

    /// Opens no connection yet.
    ///
    /// - Throws: `ConfigurationError` for a proxy that cannot be used.
    init(_ configuration: ClusterConfiguration, address: ServerAddress, maximumWatches: Int) throws {
        let proxy = try configuration.proxyURL.map(Self.proxy)
        // A silent watch is the caller's to find; this only ends one that nobody looks at any more.
        requests = Self.client(connections: 32, read: .seconds(30), proxy: proxy, address: address)
        watches = Self.client(connections: maximumWatches, read: .minutes(12), proxy: proxy, address: address)
        leaderElection = Self.client(connections: 2, read: .seconds(15), proxy: proxy, address: address)
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
        connections: Int, read: TimeAmount, proxy: HTTPClient.Configuration.Proxy?, address: ServerAddress
    ) -> HTTPClient {
        var configuration = HTTPClient.Configuration(
            // A redirect would carry the bearer token to somebody else.
            redirectConfiguration: .disallow,
            timeout: HTTPClient.Configuration.Timeout(connect: .seconds(10), read: read),
            proxy: proxy, decompression: .disabled)
        configuration.httpVersion = .http1Only
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connections
        // Waiting and trying again is decided above, where it is counted.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.dnsOverride = address.resolution
        return HTTPClient(configuration: configuration)
    }

    private static func proxy(_ text: String) throws -> HTTPClient.Configuration.Proxy {
        guard let url = URL(string: text), let host = url.host(), !host.isEmpty else {
            throw ConfigurationError(field: "proxy-url", problem: "is no URL with a host")
        }
        switch url.scheme {
        case "http":
            guard let user = url.user(percentEncoded: false) else { return .server(host: host, port: url.port ?? 80) }
            let password = url.password(percentEncoded: false) ?? ""
            return .server(
                host: host, port: url.port ?? 80, authorization: .basic(username: user, password: password))
        case "socks5", "socks5h":
            return .socksServer(host: host, port: url.port ?? 1080)
        default:
            throw ConfigurationError(field: "proxy-url", problem: "must begin with http:// or socks5://")
        }
    }
}
