public import KubernetesModel
import NIOCore
import NIOPosix
import NIOSSL

/// An HTTP/1.1 server on loopback that answers as a test says, for protocol faults of every kind.
///
/// It knows nothing of Kubernetes: `InMemoryAPIServer` has the semantics, this has the sockets.
public final class ScriptedServer: Sendable {
    /// What is done with a request.
    public typealias Handler = @Sendable (RecordedRequest) async throws -> ScriptedAnswer

    /// The port on 127.0.0.1.
    public let port: Int
    /// The requests that have come.
    public let log = Observed<[RecordedRequest]>([])

    private let tls: Observed<ScriptedTLS>?
    private let clock: any RuntimeClock
    private let handler: Handler
    private let connections = Observed(0)

    private init(port: Int, tls: Observed<ScriptedTLS>?, clock: any RuntimeClock, handler: @escaping Handler) {
        self.port = port
        self.tls = tls
        self.clock = clock
        self.handler = handler
    }

    /// Scheme, host and port.
    public var url: String { "\(tls == nil ? "http" : "https")://127.0.0.1:\(port)" }

    /// The requests that have come so far.
    public var requests: [RecordedRequest] { log.value }

    /// How many connections clients have made so far.
    public var connectionCount: Int { connections.value }

    /// Runs a server as long as the body runs.
    ///
    /// - Parameters:
    ///   - tls: nil for plain HTTP; it may change while the server runs, for connections to come.
    ///   - clock: for the times of requests and for answers that wait.
    ///   - handler: called for each request, at the same time for different connections. Throwing closes the connection.
    /// - Throws: what the body throws, or why no port can be had.
    @discardableResult
    public static func run<Result>(
        tls: Observed<ScriptedTLS>? = nil, clock: any RuntimeClock = SystemClock(), handler: @escaping Handler,
        _ body: (ScriptedServer) async throws -> Result
    ) async throws -> Result {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture { try ServerConnection.open(channel, tls?.value) }
            }
        let server = ScriptedServer(
            port: listener.channel.localAddress?.port ?? 0, tls: tls, clock: clock, handler: handler)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await server.accept(listener) }
            return try await body(server)
        }
    }

    /// Runs a server that gives its answers in order, one per request, and the last one over and over.
    ///
    /// - Throws: as the other.
    @discardableResult
    public static func run<Result>(
        tls: Observed<ScriptedTLS>? = nil, clock: any RuntimeClock = SystemClock(), script: [ScriptedAnswer],
        _ body: (ScriptedServer) async throws -> Result
    ) async throws -> Result {
        precondition(!script.isEmpty, "a script has at least one answer")
        return try await run(
            tls: tls, clock: clock, handler: { script[min($0.index, script.count - 1)] }, body)
    }

    /// Waits until so many requests have come.
    ///
    /// - Throws: `CancellationError`.
    @discardableResult
    public func waitForRequests(_ count: Int) async throws -> [RecordedRequest] {
        try await log.wait { $0.count >= count }
    }

    private func accept(_ listener: NIOAsyncChannel<ServerConnection, Never>) async throws {
        try await listener.executeThenClose { inbound in
            try await withThrowingDiscardingTaskGroup { group in
                for try await connection in inbound {
                    let number = connections.update { count in
                        count += 1
                        return count - 1
                    }
                    // What goes wrong on a connection is its client's affair.
                    group.addTask { try? await self.serve(connection, number) }
                }
            }
        }
    }

    private func serve(_ connection: ServerConnection, _ number: Int) async throws {
        try await connection.forEachRequest { incoming, outbound in
            let request = log.update { requests in
                let request = incoming.recorded(index: requests.count, connection: number, time: clock.now)
                requests.append(request)
                return request
            }
            let writer = AnswerWriter(outbound: outbound, channel: connection.http.channel, clock: clock)
            try await handler(request).send(writer)
        }
    }
}

/// How a `ScriptedServer` proves who it is, and whether its clients must.
public struct ScriptedTLS: Sendable {
    /// The certificate that the server shows.
    public var certificate: TestCertificate
    /// The authority that clients' certificates must descend from; nil asks for none.
    public var clientAuthority: TestAuthority?

    /// Combines them.
    public init(certificate: TestCertificate, clientAuthority: TestAuthority? = nil) {
        self.certificate = certificate
        self.clientAuthority = clientAuthority
    }

    func makeContext() throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(certificate.certificatePEM.utf8))
                .map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(certificate.keyPEM.utf8), format: .pem)))
        if let clientAuthority {
            configuration.certificateVerification = .noHostnameVerification
            configuration.trustRoots = .certificates(
                try NIOSSLCertificate.fromPEMBytes(Array(clientAuthority.certificatePEM.utf8)))
        }
        return try NIOSSLContext(configuration: configuration)
    }
}
