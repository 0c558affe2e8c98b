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
    private let fenceGauge: Gauge

    /// Prepares the election, or none where it is switched off.
    ///
    /// - Throws: `LeaderElectionSettings.InvalidSettings`.
    init(
        configuration: LeaderElectionConfiguration, namespace: String, identity: String, api: any KubernetesAPI,
        environment: Environment, logger: Logger, factory: any MetricsFactory = MetricsSystem.factory
    ) throws {
        denied = Counter(label: "lanyard_fence_denied_total", factory: factory)
        fenceGauge = Gauge(label: "lanyard_fence_open", factory: factory)
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
            environment: thread.environment(environment), fence: fence, logger: logger, metricsFactory: factory)
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

    /// Whether this replica leads, as far as it knows. No permission to write.
    var isLeading: Bool { elector?.isLeading ?? true }

    /// How much longer this process may write to SPIRE and Vault; nil when it may not. Asked before every write.
    func timeToWrite() -> Duration? {
        let remaining = fence.remaining()
        if remaining == nil { denied.increment() }
        return remaining
    }

    /// Brings the gauge of the fence up to date before metrics are rendered. To look is no write that is denied.
    func updateGauge() {
        fenceGauge.record(fence.remaining() == nil ? 0 : 1)
    }

    /// Whether the lease is renewed, or was given up, in time.
    var livenessCheck: HealthCheck {
        HealthCheck("leader-election") {
            elector?.isRenewalOverdue == true ? "the lease should have been renewed long ago" : nil
        }
    }
}
