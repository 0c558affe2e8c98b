import CoreMetrics
import Synchronization

/// A number that only grows. Whole and fractional increments are kept apart, so that whole ones stay exact.
final class CounterSeries: MetricSeries, CounterHandler, FloatingPointCounterHandler {
    static let type = MetricFamily.MetricType.counter
    let place: MetricPlace
    private let state = Mutex((whole: Int64(0), fraction: 0.0))

    init(at place: MetricPlace) { self.place = place }

    func increment(by amount: Int64) {
        guard amount > 0 else { return }
        state.withLock { state in
            let (sum, overflow) = state.whole.addingReportingOverflow(amount)
            state.whole = overflow ? .max : sum
        }
    }

    func increment(by amount: Double) {
        guard amount > 0, amount.isFinite else { return }
        state.withLock { $0.fraction += amount }
    }

    func reset() { state.withLock { $0 = (0, 0) } }

    func samples() -> [MetricSample] {
        let (whole, fraction) = state.withLock { $0 }
        return [MetricSample(value: fraction == 0 ? "\(whole)" : MetricValue.text(Double(whole) + fraction))]
    }
}

/// A number that goes up and down.
final class GaugeSeries: MetricSeries, MeterHandler, RecorderHandler {
    static let type = MetricFamily.MetricType.gauge
    let place: MetricPlace
    private let value = Mutex(0.0)

    init(at place: MetricPlace) { self.place = place }

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { self.value.withLock { $0 = value } }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }

    func samples() -> [MetricSample] {
        [MetricSample(value: MetricValue.text(value.withLock { $0 }))]
    }
}

/// Counts of values by size. Timers record nanoseconds and are shown in seconds.
final class HistogramSeries: MetricSeries, RecorderHandler, TimerHandler {
    static let type = MetricFamily.MetricType.histogram
    let place: MetricPlace
    private let bounds: [Double]
    private let state: Mutex<State>

    private struct State {
        /// One count per bound, and one for what is larger.
        var counts: [Int64]
        var sum = 0.0
    }

    init(at place: MetricPlace, bounds: [Double]) {
        self.place = place
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
