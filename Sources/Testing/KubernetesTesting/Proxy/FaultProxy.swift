public import KubernetesModel
import NIOCore

/// A relay between a client and a real server that harms the connections between them on demand, below TLS.
public final class FaultProxy: Sendable {
    /// What the proxy does now. It takes effect on open connections at once.
    public struct Conduct: Equatable, Sendable {
        /// What happens to requests.
        public var toServer = Flow()
        /// What happens to answers.
        public var toClient = Flow()
        /// What happens to new connections.
        public var admission = Admission.connect

        /// Relays everything as it is.
        public init() {}

        subscript(direction: Direction) -> Flow {
            switch direction {
            case .toServer: toServer
            case .toClient: toClient
            }
        }
    }

    /// What happens to new connections.
    public enum Admission: Equatable, Sendable {
        /// They are connected to the server.
        case connect
        /// They are closed, or reset, at once.
        case end(Flow.Ending)
        /// They stay open and nothing answers until this changes.
        case ignore
    }

    enum Direction: Sendable {
        case toServer
        case toClient
    }

    /// Where clients connect.
    public let listener: Endpoint
    /// The faults of now; change them with `update`.
    public let conduct: Observed<Conduct>
    /// How many connections clients have opened so far.
    public let connectionCount = Observed(0)

    /// Where clients said that they want to go, as `host:port`.
    public let targets = Observed<[String]>([])

    let upstream: Endpoint
    let handshake: Handshake
    let clock: any RuntimeClock
    /// Both ends of the connections that are relayed now.
    let open = Observed<[Int: [any Channel]]>([:])

    private init(
        listener: Endpoint, upstream: Endpoint, handshake: Handshake, conduct: Conduct, clock: any RuntimeClock
    ) {
        self.listener = listener
        self.upstream = upstream
        self.handshake = handshake
        self.conduct = Observed(conduct)
        self.clock = clock
    }

    /// The port on 127.0.0.1; 0 when it listens on a Unix domain socket.
    public var port: Int { if case .tcp(let port) = listener { port } else { 0 } }

    /// Runs a proxy as long as the body runs.
    ///
    /// - Parameters:
    ///   - upstream: the server.
    ///   - listener: where clients connect; a free port otherwise.
    ///   - handshake: how clients ask for a connection; makes this an HTTP or SOCKS proxy.
    ///   - clock: for delays.
    /// - Throws: what the body throws, or why it cannot listen.
    @discardableResult
    public static func run<Result>(
        to upstream: Endpoint, on listener: Endpoint = .tcp(port: 0), handshake: Handshake = .none,
        conduct: Conduct = Conduct(), clock: any RuntimeClock = SystemClock(),
        _ body: (FaultProxy) async throws -> Result
    ) async throws -> Result {
        let channel = try await listener.listen()
        let bound = channel.channel.localAddress?.port.map { Endpoint.tcp(port: $0) } ?? listener
        let proxy = FaultProxy(
            listener: bound, upstream: upstream, handshake: handshake, conduct: conduct, clock: clock)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await proxy.accept(channel) }
            return try await body(proxy)
        }
    }

    /// Ends all connections that are open now, on both sides.
    public func cut(_ ending: Flow.Ending = .close) async {
        for channel in open.value.values.joined() {
            if ending == .reset { await channel.reset() } else { try? await channel.close().get() }
        }
    }

    /// Waits until no connection is open.
    ///
    /// - Throws: `CancellationError`.
    public func waitUntilIdle() async throws {
        try await open.wait { $0.isEmpty }
    }

    private func accept(_ listener: NIOAsyncChannel<Endpoint.Bytes, Never>) async throws {
        try await listener.executeThenClose { inbound in
            try await withThrowingDiscardingTaskGroup { group in
                for try await client in inbound {
                    let number = connectionCount.update { count in
                        count += 1
                        return count
                    }
                    // A connection that fails has failed for its client; the next one may do better.
                    group.addTask { try? await self.admit(client, number) }
                }
            }
        }
    }

    private func admit(_ client: Endpoint.Bytes, _ number: Int) async throws {
        let admission = try await conduct.wait { $0.admission != .ignore }.admission
        if case .end(let ending) = admission {
            if ending == .reset { await client.channel.reset() }
            return try await client.executeThenClose { _, _ in }
        }
        defer { open.update { $0[number] = nil } }
        try await relay(client, number)
    }
}
