import Metrics

/// The metrics of one source; the label is the kind, never an object.
struct ReflectorMetrics: Sendable {
    let stalled: Counter
    private let restarts: [WatchStateMachine.Restart: Counter]
    private let objects: Gauge
    private let undecodable: Gauge

    init(_ sink: MetricsSink, resource: String) {
        let (prefix, factory) = (sink.prefix, sink.factory)
        let dimensions = [("resource", resource)]
        stalled = Counter(label: "\(prefix)_watch_stalled_total", dimensions: dimensions, factory: factory)
        objects = Gauge(label: "\(prefix)_store_objects", dimensions: dimensions, factory: factory)
        undecodable = Gauge(label: "\(prefix)_undecodable_objects", dimensions: dimensions, factory: factory)
        restarts = Dictionary(
            uniqueKeysWithValues: WatchStateMachine.Restart.allCases.map { reason in
                let labels = dimensions + [("reason", reason.rawValue)]
                return (
                    reason, Counter(label: "\(prefix)_watch_restarts_total", dimensions: labels, factory: factory)
                )
            })
        // Every series starts at zero, so that `rate()` sees the first increment.
        for counter in [stalled] + restarts.values { counter.increment(by: 0) }
        stored(objects: 0, undecodable: 0)
    }

    func restarted(_ reason: WatchStateMachine.Restart) {
        restarts[reason]?.increment()
        if reason == .stalled { stalled.increment() }
    }

    func stored(objects count: Int, undecodable undecodableCount: Int) {
        objects.record(count)
        undecodable.record(undecodableCount)
    }
}
