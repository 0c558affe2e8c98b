import GRPCNIOTransportHTTP2Posix
import NIOCore
import NIOPosix
import NIOSSL
import SPIREClient

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Listens, and finds out who calls.
struct CallerListener: HTTP2ServerTransport.ListenerFactory {
    /// Where to listen.
    enum Endpoint {
        /// A Unix socket; whoever can open it is the local admin.
        case local(path: String)
        /// A Unix socket; each caller is a process.
        case processes(path: String)
        /// TLS. A caller may have a certificate, which then must be good.
        case tls(host: String, port: Int, ServerCredentials)
    }

    let endpoint: Endpoint
    let eventLoopGroup: any EventLoopGroup

    /// What a transport needs to know of the listener.
    static func transportConfiguration(
        maxConnectionAge: Duration?
    ) -> HTTP2ServerTransport.Custom<CallerListener>.Config {
        var configuration = HTTP2ServerTransport.Custom<CallerListener>.Config.defaults
        configuration.connection.maxAge = maxConnectionAge
        configuration.connection.maxGraceTime = .seconds(10)
        configuration.channelDebuggingCallbacks.onAcceptHTTP2Stream = { stream in
            stream.eventLoop.makeCompletedFuture { try CallerHeaderHandler.add(to: stream) }
        }
        return configuration
    }

    func makeListeningChannel(
        listenerConfigurator: HTTP2ServerTransport.ListenerConfigurator,
        connectionConfigurator: HTTP2ServerTransport.ConnectionConfigurator
    ) async throws -> NIOAsyncChannel<HTTP2ServerTransport.ConnectionConfigurator.ConnectionChannel, Never> {
        let bootstrap = ServerBootstrap(group: eventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // As many as the real server's: whoever comes when the queue of a Unix socket is full is turned away.
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelInitializer { listenerConfigurator.configure(channel: $0) }
        switch endpoint {
        case .local(let path):
            return try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true) { channel in
                Self.remember(.local, channel).flatMap {
                    connectionConfigurator.configure(channel: channel, tls: .none)
                }
            }
        case .processes(let path):
            return try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true) { channel in
                Self.process(of: channel).flatMap { Self.remember($0, channel) }.flatMap {
                    connectionConfigurator.configure(channel: channel, tls: .none)
                }
            }
        case .tls(let host, let port, let credentials):
            return try await bootstrap.bind(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(try credentials.makeHandler())
                }.flatMap { Self.remember(nil, channel) }.flatMap {
                    connectionConfigurator.configure(channel: channel, tls: .configured(requireALPN: true))
                }
            }
        }
    }

    private static func remember(_ caller: Caller?, _ channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandlers([BandwidthPings(), ConnectionCallerHandler(caller)])
        }
    }

    /// The process at the other end of a Unix socket, as the kernel knows it.
    private static func process(of channel: any Channel) -> EventLoopFuture<Caller> {
        #if os(Linux)
            guard let provider = channel as? any SocketOptionProvider else {
                return channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
            }
            let credentials: EventLoopFuture<ProcessCredentials> = provider.unsafeGetSocketOption(
                level: .socket, name: .init(rawValue: SO_PEERCRED))
            return credentials.map { .process(uid: $0.uid, gid: $0.gid) }
        #else
            return channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
        #endif
    }
}

/// What the kernel writes for SO_PEERCRED: `struct ucred`, which C shows only to those who ask for it.
private struct ProcessCredentials: Sendable {
    var pid: Int32 = 0
    var uid: UInt32 = 0
    var gid: UInt32 = 0
}
