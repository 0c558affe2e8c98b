package import KubernetesModel
package import Logging
package import SPIREClient
import ServiceLifecycle
package import VaultClient

/// The connections to SPIRE and Vault.
package struct RemoteConnections: Sendable {
    /// The operator's own SVIDs; nil where nothing needs them.
    package let own: OwnIdentity?
    /// The SPIRE server.
    package let spire: SPIREServerConnection
    /// Vault or OpenBao.
    package let vault: VaultConnection
    /// Says that Vault does not know the operator's token any more.
    let vaultForgot: Relay

    /// Prepares them; nothing is opened before they run.
    ///
    /// - Parameter fence: how much longer this process may write; nil when it may not.
    /// - Throws: errors that name the file or key which cannot be used.
    package init(
        _ configuration: OperatorConfiguration, fence: @escaping @Sendable () -> Duration?, environment: Environment,
        logger: Logger
    ) throws {
        guard let address = SPIREServerAddress(configuration.spire.address) else {
            throw ConfigurationProblems(problems: ["spire.address: must be unix:// or tcp://"])
        }
        let own = try OwnIdentity(configuration.spire, environment: environment, logger: logger)
        // An operator that uses neither asks no agent, and needs none.
        let needsOwn = address.needsTLS || configuration.vault.authMethod == .jwtSVID
        self.own = needsOwn ? own : nil
        var settings = SPIREServerConnection.Settings()
        // Half of what the passes of one namespace ask for: the other half comes while the call is in flight.
        let share = ReconcileConfiguration.identityShare(workers: configuration.reconcile.workers)
        settings.awaitedWrites = min(settings.awaitedWrites, share / 2)
        spire = try SPIREServerConnection(
            address: address, tls: ServerTLS(own.source, serverID: configuration.spire.serverID), settings: settings,
            clock: environment.clock, fence: fence)
        let vaultForgot = Relay()
        self.vaultForgot = vaultForgot
        vault = try VaultConnection(
            VaultConnectionConfiguration(configuration.vault), jwtSource: WorkloadJWTSource(own.connection),
            environment: environment, logger: logger, fence: fence, onForgotten: vaultForgot.send)
    }

    /// Brings the gauges of token and SVID up to date; call it before metrics are rendered.
    func updateGauges() {
        vault.updateGauges()
        own?.source.updateGauges()
    }

    /// What has to run for the operator's own SVIDs.
    var ownServices: [any Service] {
        if let own { [own] } else { [] }
    }

    /// What has to run for the others.
    var group: ConnectionGroup {
        ConnectionGroup(connections: [SPIREConnectionService(connection: spire), vault])
    }
}

/// Runs connections that end at the same time, so that a shutdown waits for the slowest of them and not for their sum.
struct ConnectionGroup: Service {
    let connections: [any Service]

    /// Runs until shutdown.
    ///
    /// - Throws: what a connection throws; `CancellationError` when the task is cancelled.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for connection in connections { group.addTask { try await connection.run() } }
            try await group.next()
            // One that ends on its own takes the others with it, so that nothing runs half.
            if !Task.isShuttingDownGracefully { group.cancelAll() }
            try await group.waitForAll()
        }
    }
}

/// Runs the connection to SPIRE for as long as the process.
private struct SPIREConnectionService: Service {
    let connection: SPIREServerConnection

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await connection.run()
        } onGracefulShutdown: {
            connection.beginGracefulShutdown()
        }
    }
}
