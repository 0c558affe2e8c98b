import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardControllers
import ServiceLifecycle

/// The caches, queues and controllers of the operator.
struct ControllerServices {
    /// What must run before the controllers: reflectors and circuit breakers.
    let sources: [any Service]
    let workers: [any Service]
    /// What a replica waits for before it stands for election.
    let allSynced: [ReadinessStep]
    /// Whether this replica could take over: its caches are complete, and the API server answers.
    let readinessChecks: [HealthCheck]
    /// Has everything in Vault verified soon.
    let verifyVault: @Sendable () -> Void
    private let queues: [WorkQueue<ObjectKey>]
    private let resources: ResourceMetrics
    private let updateOutages: @Sendable () -> Void
    private let watches: WatchGauges

    /// Wires the controllers of all kinds.
    ///
    /// - Throws: `SPIFFEIDError` and `UnwiredKind` never in practice.
    init(in context: OperatorContext) throws {
        let kinds = try LanyardKind.all.map { kind in try OperatorKind(kind, in: context) }
        var sources = kinds.flatMap(\.sources)
        sources += [context.spireGate.breaker, context.vaultGate.breaker].compactMap { $0 }
        self.sources = sources
        workers = kinds.flatMap(\.workers)
        allSynced = kinds.flatMap(\.synced)
        let (observed, onDemand) = (kinds.flatMap(\.observed), kinds.flatMap(\.onDemand))
        readinessChecks =
            HealthCheck.readiness(of: observed) + HealthCheck.readiness(of: onDemand)
            + kinds.flatMap(\.readinessChecks)
        watches = WatchGauges(observed, onDemand: onDemand)
        queues = kinds.flatMap(\.queues)
        resources = context.resources
        let changes = context.changes
        verifyVault = { changes.verifyVault() }
        let (outages, spire, vault) = (OutageMetrics(), context.spireGate, context.vaultGate)
        updateOutages = { outages.update(spire: spire, vault: vault) }
    }

    /// Whether work gets done.
    var livenessCheck: HealthCheck {
        .workers(timeout: OperatorContext.reconcileTimeout) { [queues] in
            queues.map(\.longestWorkDuration).max() ?? .zero
        }
    }

    /// Brings gauges up to date before metrics are rendered.
    func updateGauges() {
        for queue in queues { queue.updateGauges() }
        resources.updateGauges()
        updateOutages()
        watches.update()
    }
}
