import GRPCCore
import GRPCNIOTransportHTTP2Posix
import NIOCore

/// Where a SPIRE server listens. The only place that knows the transports.
package enum SPIREServerAddress: Equatable, Sendable {
    /// A Unix socket, plaintext: the server takes every caller for an admin.
    case unixSocket(path: String)
    /// Mutual TLS: the server knows the caller by its X.509-SVID.
    case tcp(host: String, port: Int)

    /// Whether the server is called with an X.509-SVID.
    package var needsTLS: Bool {
        if case .tcp = self { true } else { false }
    }

    /// Parses `unix:///absolute/path` or `tcp://host:port`, an IPv6 address in brackets; nil when it is something else.
    package init?(_ text: String) {
        if text.hasPrefix("unix:///"), text.utf8.count > "unix:///".utf8.count {
            self = .unixSocket(path: String(text.dropFirst("unix://".count)))
            return
        }
        guard text.hasPrefix("tcp://") else { return nil }
        let rest = text.dropFirst("tcp://".count)
        guard let colon = rest.lastIndex(of: ":"), let port = Int(rest[rest.index(after: colon)...]),
            (1...65535).contains(port)
        else { return nil }
        var host = rest[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, !host.contains("/"), !host.contains("@") else { return nil }
        self = .tcp(host: String(host), port: port)
    }

    /// A transport that connects when it is first needed, and again whenever the connection is lost.
    ///
    /// - Parameter tls: How TCP connections are made secure.
    /// - Throws: When there is no way to reach such an address.
    func makeTransport(tls: ServerTLS?) throws -> HTTP2ClientTransport.Posix {
        var config = HTTP2ClientTransport.Posix.Config.defaults
        config.backoff.initial = .milliseconds(100)
        config.backoff.max = .seconds(1)
        config.channelDebuggingCallbacks.onCreateTCPConnection = { channel in
            channel.eventLoop.makeCompletedFuture { try PingAnswerer.add(to: channel) }
        }
        switch self {
        case .unixSocket(let path):
            // The default authority is the path, which Go's HTTP/2 server refuses.
            return try .http2NIOPosix(
                target: .unixDomainSocket(path: path, authority: "localhost"), transportSecurity: .plaintext,
                config: config)
        case .tcp(let host, let port):
            guard let tls else { throw SPIREError(.invalidArgument, "TCP needs an X.509-SVID") }
            config.channelDebuggingCallbacks.onCreateTCPConnection = { channel in
                channel.eventLoop.makeCompletedFuture {
                    try PingAnswerer.add(to: channel)
                    try tls.secure(channel)
                }.flatMap { Self.limitSilence(of: channel) }
            }
            return try .http2NIOPosix(
                target: .dns(host: host, port: port), transportSecurity: .customSecure, config: config)
        }
    }

    /// Gives a connection up whose peer acknowledges nothing, in place of the quarter of an hour that TCP would wait. Pings
    /// of HTTP/2 would do as well, but the server takes offence at more than one in five minutes.
    private static func limitSilence(of channel: any Channel) -> EventLoopFuture<Void> {
        #if os(Linux)
            // TCP_USER_TIMEOUT of IPPROTO_TCP, in milliseconds.
            let userTimeout = ChannelOptions.Types.SocketOption(level: 6, name: 18)
            return channel.setOption(userTimeout, value: 10_000)
        #else
            return channel.eventLoop.makeSucceededVoidFuture()
        #endif
    }
}
