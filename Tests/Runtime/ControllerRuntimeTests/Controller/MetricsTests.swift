import KubernetesModel
import KubernetesTesting
import Logging
import Testing

@testable import ControllerRuntime

@Suite("Metrics of the runtime", .timeLimit(.minutes(1)))
struct MetricsTests {
    private let clock = VirtualClock()
    private let metrics = RecordingMetrics()

    struct Failure: Error {}

    private struct Failing: Reconciler {
        func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
            switch key.name {
            case "fails": throw Failure()
            case "final": throw TerminalError(Failure())
            case "later": return .requeue(after: .seconds(5))
            default: return .done
            }
        }
    }

    @Test("every result is there as zero from the start, and each reconcile counts once under the names of dashboards")
    func controller() async {
        let environment = Environment.simulated(seed: 1, clock: clock)
        let queue = WorkQueue<ObjectKey>(environment: environment, name: "c", metricsFactory: metrics)
        let controller = Controller(
            reconciler: Failing(), queue: queue, workers: 3, logger: Logger(label: "test"), metricsFactory: metrics)
        for result in ["success", "error", "requeue", "requeue_after"] {
            #expect(metrics["controller_runtime_reconcile_total{controller=c,result=\(result)}"] == 0)
        }
        for name in ["errors", "timeouts"] {
            #expect(metrics["controller_runtime_reconcile_\(name)_total{controller=c}"] == 0)
        }
        #expect(metrics["controller_runtime_max_concurrent_reconciles{controller=c}"] == 3)
        for name in ["fine", "fails", "final", "later"] { queue.add(.widget(name)) }
        queue.add([.widget("fine"), .widget("quiet")], priority: .low)
        queue.updateGauges()
        #expect(metrics["workqueue_depth{controller=c,name=c,priority=0}"] == 4)
        #expect(metrics["workqueue_depth{controller=c,name=c,priority=-100}"] == 1)
        while await controller.reconcileNextIfReady() {}
        queue.updateGauges()
        #expect(metrics["workqueue_depth{controller=c,name=c,priority=0}"] == 0)
        #expect(metrics["workqueue_depth{controller=c,name=c,priority=-100}"] == 0)
        #expect(metrics["workqueue_adds_total{controller=c,name=c}"] == 7)
        #expect(metrics["workqueue_retries_total{controller=c,name=c}"] == 1)
        #expect(metrics["controller_runtime_reconcile_total{controller=c,result=success}"] == 2)
        #expect(metrics["controller_runtime_reconcile_total{controller=c,result=error}"] == 2)
        #expect(metrics["controller_runtime_reconcile_total{controller=c,result=requeue_after}"] == 1)
        #expect(metrics["controller_runtime_reconcile_errors_total{controller=c}"] == 2)
        #expect(metrics["controller_runtime_terminal_reconcile_errors_total{controller=c}"] == 1)
        #expect(metrics["controller_runtime_reconcile_time_seconds{controller=c}"] == 5)
        #expect(metrics["controller_runtime_active_workers{controller=c}"] == 0)
    }

    @Test("help texts and buckets are those of metrics that exist, and no metric lacks its help text")
    func presets() throws {
        let environment = Environment.simulated(seed: 1, clock: clock)
        let queue = WorkQueue<ObjectKey>(environment: environment, name: "c", metricsFactory: metrics)
        _ = Controller(
            reconciler: Failing(), queue: queue, logger: Logger(label: "test"), metricsFactory: metrics)
        _ = LeaderElector(
            api: InMemoryAPIServer(environment: environment, resources: []),
            lease: ObjectKey(namespace: "ns", name: "l"), identity: "me", settings: try LeaderElectionSettings(),
            environment: environment, fence: LeadershipFence(clock: clock), logger: Logger(label: "test"),
            metricsFactory: metrics)
        #expect(metrics.names == Set(RuntimeMetrics.help.keys))
        #expect(metrics.names.isSuperset(of: RuntimeMetrics.buckets.keys))
    }
}
