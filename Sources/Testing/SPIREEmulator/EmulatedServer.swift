import FoundationEssentials
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import NIOPosix
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// An emulated SPIRE server on a Unix socket, and, where asked for, on TCP and with the Workload API of an agent.
package final class EmulatedServer: Sendable {
    /// Where it listens beside its own socket.
    package struct Listeners: Sendable {
        /// Address and port of TCP; port 0 takes a free one.
        package var tcp: (host: String, port: Int)?
        /// How long a TCP connection may last, before the server asks for a new one.
        package var maxConnectionAge = Duration.seconds(180)
        /// Path of the Workload API's socket, and how it is served.
        package var workloads: (socketPath: String, settings: WorkloadSettings)?

        /// Nowhere.
        package init() {}
    }

    private typealias Transport = HTTP2ServerTransport.Custom<CallerListener>

    private struct Part: Sendable {
        let transport: Transport
        let server: GRPCServer<Transport>
        let name: String
        /// What it leaves in the file system.
        let socket: Socket?
    }

    private struct Socket: Sendable {
        let path: String
        let mode: mode_t
        /// Of its directory, if that is missing.
        let directoryMode: Int
    }

    private let parts: [Part]
    private let isStopping: StopFlag

    /// Prepares a server; `run()` opens the sockets.
    package init(socketPath: String, listeners: Listeners = Listeners(), state: EmulatorState) {
        let caller = CallerInterceptor(state: state)
        let isStopping = StopFlag()
        let services: [any RegistrableRPCService] = [
            EntryService(state: state), AgentService(state: state), BundleService(state: state),
            TrustDomainService(state: state), LocalAuthorityService(state: state),
        ]
        var parts = [
            Self.part(
                .local(path: socketPath), name: socketPath,
                socket: .init(path: socketPath, mode: 0o770, directoryMode: 0o750),
                services: services + [HealthService(state: state), ControlService(state: state)],
                interceptors: [caller])
        ]
        if let tcp = listeners.tcp {
            parts.append(
                Self.part(
                    .tls(host: tcp.host, port: tcp.port, state.credentials), name: "\(tcp.host):\(tcp.port)",
                    maxConnectionAge: listeners.maxConnectionAge, services: services, interceptors: [caller]))
        }
        if let (path, settings) = listeners.workloads {
            let service = WorkloadService(
                state: state, issuer: WorkloadIssuer(state: state, settings: settings),
                isOpen: { !isStopping.isSet })
            parts.append(
                Self.part(
                    .processes(path: path), name: path, socket: .init(path: path, mode: 0o777, directoryMode: 0o755),
                    services: [service],
                    interceptors: [WorkloadHeaderInterceptor()]))
        }
        self.parts = parts
        self.isStopping = isStopping
    }

    private static func part(
        _ endpoint: CallerListener.Endpoint, name: String, socket: Socket? = nil,
        maxConnectionAge: Duration? = nil, services: [any RegistrableRPCService],
        interceptors: [any ServerInterceptor]
    ) -> Part {
        let transport = Transport(
            listenerFactory: CallerListener(
                endpoint: endpoint, eventLoopGroup: .singletonMultiThreadedEventLoopGroup),
            config: CallerListener.transportConfiguration(maxConnectionAge: maxConnectionAge))
        return Part(
            transport: transport,
            server: GRPCServer(transport: transport, services: services, interceptors: interceptors), name: name,
            socket: socket)
    }

    /// Serves until `beginGracefulShutdown()` or the cancellation of the task. Replaces a socket that an earlier server
    /// left behind, makes its directory if it is missing, and removes the socket in the end.
    ///
    /// - Parameter onListening: Called once connections are taken; with the port of TCP.
    /// - Throws: `EmulatorError` when it cannot listen.
    package func run(onListening: @escaping @Sendable (_ port: Int?) -> Void) async throws {
        for socket in parts.compactMap(\.socket) {
            let directory = URL(filePath: socket.path).deletingLastPathComponent()
            do {
                try FileManager.default.createDirectory(
                    at: directory, withIntermediateDirectories: true,
                    attributes: [.posixPermissions: socket.directoryMode])
            } catch {
                throw EmulatorError("the directory \(directory.path) cannot be made")
            }
        }
        defer { for socket in parts.compactMap(\.socket) { unlink(socket.path) } }
        try await withThrowingDiscardingTaskGroup { group in
            for part in parts {
                group.addTask {
                    do {
                        try await part.server.serve()
                    } catch {
                        throw EmulatorError("cannot listen on \(part.name)")
                    }
                }
            }
            group.addTask {
                var port: Int?
                for part in self.parts {
                    guard let address = await part.transport.listeningAddress else { return }
                    port = port ?? address.ipv4?.port ?? address.ipv6?.port
                    // As the real server's socket, for its own user and group; that of an agent is for everybody.
                    if let socket = part.socket { chmod(socket.path, socket.mode) }
                }
                onListening(port)
            }
        }
    }

    /// Lets calls in flight end, and takes no more.
    package func beginGracefulShutdown() {
        isStopping.set()
        for part in parts { part.server.beginGracefulShutdown() }
    }
}

/// Set once.
private final class StopFlag: Sendable {
    private let state = Atomic(false)

    var isSet: Bool { state.load(ordering: .relaxed) }

    func set() { state.store(true, ordering: .relaxed) }
}
