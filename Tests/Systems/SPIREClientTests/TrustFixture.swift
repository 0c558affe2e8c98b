import FoundationEssentials
import KubernetesModel
import LanyardAPI
import Logging
import SPIREClient
import SPIREEmulator
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// An emulated server with TCP and an agent's Workload API, for which this process is the workload.
struct TrustFixture: Sendable {
    static let operatorID = "spiffe://example.org/lanyard"
    static let agentID = "spiffe://example.org/spire/agent/t/1"

    let server: ServerFixture
    let port: Int
    let agentSocket: String

    /// Runs everything while the body runs. The operator's entry exists and makes it an admin.
    static func with(
        ttl: Int32 = 0, maxConnectionAge: Duration = .seconds(180),
        _ body: @escaping @Sendable (TrustFixture) async throws -> Void
    ) async throws {
        try await ServerFixture.with { server in
            server.state.withDatastore { store in
                var entry = StoredEntry(
                    id: "operator", spiffeID: operatorID, parentID: agentID,
                    selectors: [.init(type: "unix", value: "uid:\(getuid())")])
                entry.admin = true
                entry.x509SVIDTTL = ttl
                store.insert(entry)
            }
            var settings = WorkloadSettings(agentID: agentID)
            settings.syncInterval = .milliseconds(10)
            var listeners = EmulatedServer.Listeners()
            listeners.tcp = ("127.0.0.1", 0)
            listeners.maxConnectionAge = maxConnectionAge
            let agentSocket = server.directory.appending(path: "agent.sock").path
            listeners.workloads = (agentSocket, settings)
            try await server.serving(listeners) { port in
                try await body(
                    TrustFixture(server: server, port: try #require(port), agentSocket: agentSocket))
            }
        }
    }

    /// The operator's SVIDs as the agent issues them, while the body runs.
    ///
    /// - Parameter onIDs: called when they have other SPIFFE IDs than before.
    func issued(
        clock: any RuntimeClock = SystemClock(), onIDs: @escaping @Sendable () -> Void = {},
        _ body: @escaping @Sendable (X509SVIDSource, WorkloadAPIConnection) async throws -> Void
    ) async throws {
        let workloads = try WorkloadAPIConnection(address: "unix://\(agentSocket)", clock: clock)
        let source = X509SVIDSource(
            connection: workloads, environment: .system,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, onIDs: onIDs)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await workloads.run() }
            group.addTask { await source.run() }
            try await body(source, workloads)
            group.cancelAll()
            while await group.nextResult() != nil {}
        }
    }

    /// Runs a connection over TCP while the body runs.
    func connected(
        _ holder: any X509SVIDHolder, serverID: String = "spiffe://example.org/spire/server",
        settings: SPIREServerConnection.Settings = .init(),
        _ body: @escaping @Sendable (SPIREServerConnection) async throws -> Void
    ) async throws {
        let connection = try SPIREServerConnection(
            address: .tcp(host: "127.0.0.1", port: port),
            tls: ServerTLS(holder, serverID: try SPIFFEID(serverID)), settings: settings, fence: { .seconds(60) })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await connection.run() }
            try await body(connection)
            connection.beginGracefulShutdown()
            try await group.waitForAll()
        }
    }

    /// Changes the operator's entry, past the API.
    func changeEntry(_ change: (inout WireEntry) -> Void) {
        server.state.withDatastore { store in
            var wire = WireEntry()
            wire.id = "operator"
            change(&wire)
            var mask = WireMask()
            mask.admin = true
            mask.x509SvidTtl = true
            _ = store.update([wire], inputMask: mask, outputMask: nil)
        }
    }
}

/// An SVID that never changes.
struct FixedSVID: X509SVIDHolder {
    var x509SVID: X509SVID?

    /// Takes an SVID that an authority has issued.
    ///
    /// - Parameter authorities: Of the trust domain `example.org`, in DER.
    init(_ issued: IssuedX509SVID, authorities: [[UInt8]]) throws {
        var wire = WorkloadAPI_X509SVIDResponse()
        var svid = WorkloadAPI_X509SVID()
        svid.spiffeID = issued.spiffeID
        svid.x509Svid = Data(issued.certificate)
        svid.x509SvidKey = Data(issued.key)
        svid.bundle = authorities.reduce(into: Data()) { $0 += $1 }
        wire.svids = [svid]
        x509SVID = try X509SVID(wire: wire)
    }

    /// Nothing was issued.
    init() {}
}
