import CoreMetrics
import Synchronization

/// A number that only grows. Whole and fractional increments are kept apart, so that whole ones stay exact.
final class CounterSeries: MetricSeries, CounterHandler, FloatingPointCounterHandler {
    static let type = MetricFamily.MetricType.counter
    private let state = Mutex((whole: Int64(0), fraction: 0.0))

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
