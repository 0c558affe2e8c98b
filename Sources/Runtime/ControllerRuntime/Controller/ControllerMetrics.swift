import Metrics
import Synchronization

/// The metrics of a controller, under the names that existing dashboards read; every series starts at zero, so that
/// `rate()` sees the first increment.
struct ControllerMetrics: Sendable {
    private let results: [ReconcileOutcome.Label: Counter]
    private let errors: Counter
    private let terminalErrors: Counter
    private let timeouts: Counter
    private let time: Timer
    private let workers: Gauge
    private let active: ActiveWorkers

    init(controller: String, workers count: Int, factory: any MetricsFactory) {
        let dimensions = [("controller", controller)]
        func counter(_ name: String, _ more: [(String, String)] = []) -> Counter {
            let counter = Counter(
                label: "controller_runtime_\(name)", dimensions: dimensions + more, factory: factory)
            counter.increment(by: 0)
            return counter
        }
        results = Dictionary(
            uniqueKeysWithValues: ReconcileOutcome.Label.allCases.map {
                ($0, counter("reconcile_total", [("result", $0.rawValue)]))
            })
        errors = counter("reconcile_errors_total")
        terminalErrors = counter("terminal_reconcile_errors_total")
        timeouts = counter("reconcile_timeouts_total")
        time = Timer(label: "controller_runtime_reconcile_time_seconds", dimensions: dimensions, factory: factory)
        workers = Gauge(
            label: "controller_runtime_max_concurrent_reconciles", dimensions: dimensions, factory: factory)
        active = ActiveWorkers(
            Gauge(label: "controller_runtime_active_workers", dimensions: dimensions, factory: factory))
        workers.record(count)
    }

    func started() { active.change(by: 1) }

    func ended(_ outcome: ReconcileOutcome, after duration: Duration) {
        active.change(by: -1)
        time.record(duration: duration)
        if let label = outcome.label { results[label]?.increment() }
        switch outcome.severity {
        case .failure: errors.increment()
        case .terminal:
            errors.increment()
            terminalErrors.increment()
        case .timeout:
            errors.increment()
            timeouts.increment()
        case .fine, .conflict, .stopped: break
        }
    }

    /// The number of reconciles that run now.
    private final class ActiveWorkers: Sendable {
        private let gauge: Gauge
        private let count = Mutex(0)

        init(_ gauge: Gauge) {
            self.gauge = gauge
            gauge.record(0)
        }

        func change(by delta: Int) {
            // Recorded under the lock, or two changes could arrive in the wrong order and leave a wrong value.
            count.withLock { count in
                count += delta
                gauge.record(count)
            }
        }
    }
}
