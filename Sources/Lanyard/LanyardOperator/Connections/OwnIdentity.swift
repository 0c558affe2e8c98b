import KubernetesModel
import LanyardAPI
import Logging
import SPIREClient
import ServiceLifecycle
import Synchronization

/// The operator's own SVIDs, from the agent of its node.
package struct OwnIdentity: Service {
    /// The X.509-SVID of the moment.
    let source: X509SVIDSource
    /// The Workload API, which also gives JWT-SVIDs.
    let connection: WorkloadAPIConnection
    /// Says that the operator has other SPIFFE IDs than before.
    let otherIDs = Relay()

    /// Prepares the connection; nothing is opened before `run()`.
    ///
    /// - Throws: `SPIREError` when the address cannot be used.
    init(_ configuration: SPIREConfiguration, environment: Environment, logger: Logger) throws(SPIREError) {
        connection = try WorkloadAPIConnection(address: configuration.workloadAPI, clock: environment.clock)
        source = X509SVIDSource(
            connection: connection, environment: environment, logger: logger, onIDs: otherIDs.send)
    }

    /// The SPIFFE IDs that the operator has; none before the agent has answered.
    var spiffeIDs: Set<SPIFFEID> { source.x509SVID?.allIDs ?? [] }

    /// Waits for the agent's first answer, for a while: an agent that is away keeps nobody from working.
    ///
    /// - Throws: `CancellationError`.
    func waitUntilKnown(clock: any RuntimeClock) async throws {
        let deadline = clock.now + .seconds(10)
        while source.x509SVID == nil, clock.now < deadline { try await clock.sleep(for: .milliseconds(100)) }
    }

    /// Follows the agent until shutdown.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask {
                    do {
                        try await connection.run()
                    } catch {
                        // It ends with the process.
                    }
                }
                group.addTask { await source.run() }
            }
        }
    }
}

/// Passes a signal on to somebody who is made later than its sender.
final class Relay: Sendable {
    private let action = Mutex<(@Sendable () -> Void)?>(nil)

    /// Does what is to be done, if anybody has said so yet.
    func send() {
        action.withLock { $0 }?()
    }

    /// Says what is to be done from now on.
    func onSignal(_ action: @escaping @Sendable () -> Void) {
        self.action.withLock { $0 = action }
    }
}
