import ControllerRuntime
import KubernetesClient
import KubernetesModel
import Logging
import ServiceLifecycle

/// Whether and how this replica comes to lead.
struct Election {
    /// Asked before every write to SPIRE and Vault.
    let fence: LeadershipFence
    private let elector: LeaderElector?

    /// Prepares the election, or none where it is switched off.
    ///
    /// - Throws: `LeaderElectionSettings.InvalidSettings`.
    init(
        configuration: LeaderElectionConfiguration, namespace: String, identity: String, api: any KubernetesAPI,
        environment: Environment, logger: Logger
    ) throws {
        guard configuration.isEnabled else {
            fence = .alwaysOpen
            elector = nil
            return
        }
        fence = LeadershipFence(clock: environment.clock)
        elector = LeaderElector(
            api: api, lease: ObjectKey(namespace: namespace, name: "lanyard"), identity: identity,
            settings: try LeaderElectionSettings(
                leaseDuration: configuration.leaseDuration, renewDeadline: configuration.renewDeadline,
                retryPeriod: configuration.retryPeriod),
            environment: environment, fence: fence, logger: logger)
    }

    /// What has to run.
    var services: [any Service] { elector.map { [$0] } ?? [] }

    /// Waits until this replica leads.
    ///
    /// - Throws: `CancellationError`.
    func waitUntilLeading() async throws {
        try await elector?.waitUntilLeading()
    }

    /// What is wrong, for the liveness probe.
    var problems: [String] {
        elector?.isRenewalOverdue == true ? ["the lease should have been renewed long ago"] : []
    }
}
