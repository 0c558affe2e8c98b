import KubernetesModel
import Metrics
import Synchronization

/// The metrics of a work queue, under the names that existing dashboards read.
struct WorkQueueMetrics: Sendable {
    let adds: Counter
    let retries: Counter
    let queueDuration: Timer
    let workDuration: Timer
    private let unfinishedWork: Gauge
    private let longestWork: Gauge
    private let depths: DepthGauges

    init(name: String, factory: any MetricsFactory) {
        let dimensions = [("name", name), ("controller", name)]
        adds = Counter(label: "workqueue_adds_total", dimensions: dimensions, factory: factory)
        retries = Counter(label: "workqueue_retries_total", dimensions: dimensions, factory: factory)
        queueDuration = Timer(label: "workqueue_queue_duration_seconds", dimensions: dimensions, factory: factory)
        workDuration = Timer(label: "workqueue_work_duration_seconds", dimensions: dimensions, factory: factory)
        unfinishedWork = Gauge(label: "workqueue_unfinished_work_seconds", dimensions: dimensions, factory: factory)
        longestWork = Gauge(
            label: "workqueue_longest_running_processor_seconds", dimensions: dimensions, factory: factory)
        depths = DepthGauges(dimensions: dimensions, factory: factory)
        record(depths: [:], workDurations: [])
    }

    func record(depths current: [WorkPriority: Int], workDurations: [Duration]) {
        depths.record(current)
        unfinishedWork.record(workDurations.reduce(.zero, +) / .seconds(1))
        longestWork.record((workDurations.max() ?? .zero) / .seconds(1))
    }
}

/// One gauge per priority that was ever seen, so that an emptied priority goes to zero.
private final class DepthGauges: Sendable {
    private let dimensions: [(String, String)]
    private let factory: any MetricsFactory
    private let gauges = Mutex<[WorkPriority: Gauge]>([:])

    init(dimensions: [(String, String)], factory: any MetricsFactory) {
        self.dimensions = dimensions
        self.factory = factory
    }

    func record(_ depths: [WorkPriority: Int]) {
        let all = gauges.withLock { gauges in
            for priority in depths.keys + [.normal] where gauges[priority] == nil {
                gauges[priority] = Gauge(
                    label: "workqueue_depth", dimensions: dimensions + [("priority", "\(priority.level)")],
                    factory: factory)
            }
            return gauges
        }
        for (priority, gauge) in all { gauge.record(depths[priority] ?? 0) }
    }
}
