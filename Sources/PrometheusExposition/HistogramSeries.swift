import CoreMetrics
import Synchronization

/// Counts of values by size. Timers record nanoseconds and are shown in seconds.
final class HistogramSeries: MetricSeries, RecorderHandler, TimerHandler {
    static let type = MetricFamily.MetricType.histogram
    private let bounds: [Double]
    private let state: Mutex<State>

    private struct State {
        /// One count per bound, and one for what is larger.
        var counts: [Int64]
        var sum = 0.0
    }

    init(bounds: [Double]) {
        let sorted = Set(bounds.filter(\.isFinite)).sorted()
        self.bounds = sorted
        state = Mutex(State(counts: Array(repeating: 0, count: sorted.count + 1)))
    }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        guard !value.isNaN else { return }
        // A value belongs to the first bound that is not smaller.
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock { state in
            state.counts[bucket] += 1
            state.sum += value
        }
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1_000_000_000) }

    func samples() -> [MetricSample] {
        let (counts, sum) = state.withLock { ($0.counts, $0.sum) }
        var samples: [MetricSample] = []
        var cumulative: Int64 = 0
        for (bound, count) in zip(bounds.map(MetricValue.text) + ["+Inf"], counts) {
            cumulative += count
            samples.append(MetricSample(suffix: "_bucket", upperBound: bound, value: "\(cumulative)"))
        }
        samples.append(MetricSample(suffix: "_sum", value: MetricValue.text(sum)))
        samples.append(MetricSample(suffix: "_count", value: "\(cumulative)"))
        return samples
    }
}
