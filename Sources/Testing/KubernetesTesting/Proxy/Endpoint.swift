import NIOCore
import NIOPosix

/// Where a `FaultProxy` listens, or what it connects to.
public enum Endpoint: Equatable, Sendable {
    /// A TCP port on 127.0.0.1; 0 takes a free one to listen on.
    case tcp(port: Int)
    /// A Unix domain socket.
    case unix(path: String)

    typealias Bytes = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    /// Accepts connections.
    func listen() async throws -> NIOAsyncChannel<Bytes, Never> {
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
        switch self {
        case .tcp(let port):
            return try await bootstrap.bind(host: "127.0.0.1", port: port, childChannelInitializer: Self.wrap)
        case .unix(let path):
            return try await bootstrap.bind(
                unixDomainSocketPath: path, cleanupExistingSocketFile: true, childChannelInitializer: Self.wrap)
        }
    }

    /// Opens a connection.
    func connect() async throws -> Bytes {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
        switch self {
        case .tcp(let port):
            return try await bootstrap.connect(host: "127.0.0.1", port: port, channelInitializer: Self.wrap)
        case .unix(let path):
            return try await bootstrap.connect(unixDomainSocketPath: path, channelInitializer: Self.wrap)
        }
    }

    private static func wrap(_ channel: any Channel) -> EventLoopFuture<Bytes> {
        channel.eventLoop.makeCompletedFuture {
            // Pieces are to leave as they are cut.
            if channel.remoteAddress?.port != nil, let options = channel.syncOptions {
                try options.setOption(.tcpOption(.tcp_nodelay), value: 1)
            }
            return try Bytes(
                wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
        }
    }
}
