import ControllerRuntime
import KubernetesClient
import KubernetesModel
import LanyardAPI
import Logging
import Metrics
import ServiceLifecycle

/// Whether and how this replica comes to lead.
struct Election: Sendable {
    let fence: LeadershipFence
    private let elector: LeaderElector?
    private let candidate: @Sendable (_ steps: [ReadinessStep]) -> any Service
    private let denied: Counter

    /// Prepares the election, or none where it is switched off.
    ///
    /// - Throws: `LeaderElectionSettings.InvalidSettings`.
    init(
        configuration: LeaderElectionConfiguration, namespace: String, identity: String, api: any KubernetesAPI,
        environment: Environment, logger: Logger
    ) throws {
        denied = Counter(label: "lanyard_fence_denied_total")
        let lease = ObjectKey(namespace: namespace, name: LanyardGroup.leaseName)
        guard configuration.isEnabled else {
            fence = .alwaysOpen
            elector = nil
            candidate = { _ in UnelectedLeader(api: api, lease: lease, environment: environment, logger: logger) }
            return
        }
        fence = LeadershipFence(clock: environment.clock)
        let thread = ElectionThread()
        let elector = LeaderElector(
            api: api, lease: lease, identity: identity,
            settings: try LeaderElectionSettings(
                leaseDuration: configuration.leaseDuration, renewDeadline: configuration.renewDeadline,
                retryPeriod: configuration.retryPeriod),
            environment: thread.environment(environment), fence: fence, logger: logger)
        self.elector = elector
        candidate = { thread.service(elector, after: $0) }
    }

    /// What has to run.
    ///
    /// - Parameter steps: what a replica waits for before it stands for election: one that could not do the work must not
    ///   keep another one from it.
    func service(after steps: [ReadinessStep]) -> any Service { candidate(steps) }

    /// Waits until this replica leads.
    ///
    /// - Throws: `CancellationError`.
    func waitUntilLeading() async throws {
        try await elector?.waitUntilLeading()
    }

    /// How much longer this process may write to SPIRE and Vault; nil when it may not. Asked before every write.
    func timeToWrite() -> Duration? {
        let remaining = fence.remaining()
        if remaining == nil { denied.increment() }
        return remaining
    }

    /// Whether the lease is renewed, or was given up, in time.
    var livenessCheck: HealthCheck {
        HealthCheck("leader-election") {
            elector?.isRenewalOverdue == true ? "the lease should have been renewed long ago" : nil
        }
    }
}
