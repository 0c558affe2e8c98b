import ArgumentParser
import LanyardAPI
import Logging
import SPIREEmulator
import ServiceLifecycle
import UnixSignals

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `spire-emulator serve`, which is also what happens without a subcommand.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve on a Unix socket until SIGTERM.",
        discussion: """
            Prints one line `listening on unix://PATH` when it is ready, and before that one for each other address. SIGHUP \
            reads the agents again. Everybody who can open the socket is an admin.
            """)

    @Option(help: "Path of the socket. Its directory is made if it is missing.")
    var socket: String

    @Option(help: "Name of the trust domain.")
    var trustDomain: String

    @Option(help: "Directory that keeps entries, bundles and keys over a restart. Without it they are kept in memory.")
    var dataDir: String?

    @Option(
        help: ArgumentHelp(
            "JSON file with an array of agents.",
            discussion: """
                Each {"id": "spiffe://…", "attestationType": "…", "selectors": ["type:value"], \
                "expiresAt": unix seconds, "banned": false}.
                """))
    var agents: String?

    @Option(help: "JSON file with authorities and keys of the trust domain's bundle, beside those that sign here.")
    var bundle: String?

    @Option(help: "File to which one JSON line is appended for each call.")
    var callLog: String?

    @Option(help: "Another trust domain whose bundle counts as stored. Can be repeated.")
    var federatedTrustDomain: [String] = []

    @OptionGroup(title: "TCP") var tcp: TCPOptions

    @OptionGroup(title: "Workload API") var workloads: WorkloadOptions

    func run() async throws {
        guard let trustDomain = TrustDomain(trustDomain) else {
            throw ValidationError("\(trustDomain) is no trust domain")
        }
        var configuration = ServerConfiguration(trustDomain: trustDomain)
        configuration.dataDirectory = dataDir
        configuration.agentsFile = agents
        configuration.bundleFile = bundle
        configuration.callLogFile = callLog
        configuration.federatedBundles = Set(federatedTrustDomain)
        configuration.adminIDs = Set(tcp.adminID.map(\.description))
        configuration.lifetimes = workloads.lifetimes
        var listeners = EmulatedServer.Listeners()
        listeners.tcp = tcp.tcp.map { ($0.host, $0.port) }
        listeners.maxConnectionAge = .seconds(tcp.maxConnectionAge)
        listeners.workloads = workloads.listener(trustDomain: trustDomain)
        let state = try configuration.makeState()
        var logger = Logger(label: "spire-emulator", factory: StreamLogHandler.standardError(label:))
        logger.logLevel = .notice
        let server = ServerService(
            server: EmulatedServer(socketPath: socket, listeners: listeners, state: state), socket: socket,
            tcpHost: tcp.tcp?.host, workloadSocket: workloads.workloadSocket)
        var group = ServiceGroupConfiguration(
            services: [
                .init(service: server),
                .init(service: ReloadService(configuration: configuration, state: state, logger: logger)),
            ],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        group.maximumGracefulShutdownDuration = .seconds(10)
        try await ServiceGroup(configuration: group).run()
    }
}

/// Serves until graceful shutdown.
private struct ServerService: Service {
    let server: EmulatedServer
    let socket: String
    let tcpHost: String?
    let workloadSocket: String?

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await server.run { port in
                if let tcpHost, let port { print("TCP on tcp://\(tcpHost):\(port)") }
                if let workloadSocket { print("Workload API on unix://\(workloadSocket)") }
                print("listening on unix://\(socket)")
                fflush(nil)
            }
        } onGracefulShutdown: {
            server.beginGracefulShutdown()
        }
    }
}

/// Reads the agents again at each SIGHUP.
private struct ReloadService: Service {
    let configuration: ServerConfiguration
    let state: EmulatorState
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in await UnixSignalsSequence(trapping: .sighup) {
                do {
                    try configuration.loadAgents(into: state)
                    logger.notice("agents read again")
                } catch {
                    logger.error("agents not read again", metadata: ["error": "\(error)"])
                }
            }
        }
    }
}
