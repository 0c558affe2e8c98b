import CoreMetrics
import Synchronization

/// Remembers counters, gauges and timers by name and labels.
final class RecordingMetrics: MetricsFactory {
    private let values = Mutex<[String: Double]>([:])

    /// The sum of a counter, the last value of a gauge, the number of a timer's measurements; nil when it does not exist.
    subscript(name: String) -> Double? { values.withLock { $0[name] } }

    /// The names of all metrics, without labels.
    var names: Set<String> {
        Set(values.withLock { $0.keys }.compactMap { $0.split(separator: "{").first.map(String.init) })
    }

    private func handler(_ label: String, _ dimensions: [(String, String)], isGauge: Bool = false) -> Handler {
        let labels = dimensions.map { "\($0.0)=\($0.1)" }.sorted().joined(separator: ",")
        let name = labels.isEmpty ? label : "\(label){\(labels)}"
        values.withLock { $0[name, default: 0] += 0 }
        return Handler { value in
            self.values.withLock { $0[name] = isGauge ? value : $0[name, default: 0] + value }
        }
    }

    private final class Handler: CounterHandler, RecorderHandler, TimerHandler {
        let take: @Sendable (Double) -> Void

        init(take: @escaping @Sendable (Double) -> Void) { self.take = take }

        func increment(by amount: Int64) { take(Double(amount)) }
        func reset() {}
        func record(_ value: Int64) { take(Double(value)) }
        func record(_ value: Double) { take(value) }
        func recordNanoseconds(_ duration: Int64) { take(1) }
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        handler(label, dimensions)
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        handler(label, dimensions, isGauge: !aggregate)
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { handler(label, dimensions) }

    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}
