import ControllerRuntime
import KubernetesClient
import KubernetesModel
import Logging
import ServiceLifecycle

/// A replica that acts without having been elected: says so, and warns when another one is elected beside it. Two that write
/// at once undo each other's work.
struct UnelectedLeader: Service {
    /// How often it is looked whether somebody else leads.
    static let interval: Duration = .seconds(15)

    let api: any KubernetesAPI
    let lease: ObjectKey
    let environment: Environment
    let logger: Logger

    /// Looks until shutdown.
    ///
    /// - Throws: `CancellationError` when the task is cancelled.
    func run() async throws {
        logger.warning(
            "leader election is disabled: nothing keeps another replica from writing at the same time",
            metadata: ["key": "\(ConfigurationKey.leaderElectionEnabled.name)"])
        do {
            try await cancelWhenGracefulShutdown { try await self.watch() }
        } catch is CancellationError where Task.isShuttingDownGracefully {
            return
        }
    }

    private func watch() async throws {
        var told: String?
        var lastRenewal: String?
        while true {
            // What cannot be read says nothing; the warning at the start has been given.
            let spec = try? await api.get(Lease.self, lease)?.spec
            try Task.checkCancellation()
            let isRenewed = lastRenewal != nil && spec?.renewTime != lastRenewal
            lastRenewal = spec?.renewTime
            if isRenewed, let holder = spec?.holderIdentity, !holder.isEmpty, holder != told {
                told = holder
                logger.warning(
                    "another replica leads at the same time: both write",
                    metadata: ["lease": "\(lease)", "lease.holder": "\(holder.prefix(253))"])
            }
            try await environment.clock.sleep(for: Self.interval)
        }
    }
}
