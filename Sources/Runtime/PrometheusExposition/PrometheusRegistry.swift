public import CoreMetrics
import Synchronization

/// A swift-metrics back end that renders what was recorded in the Prometheus text format (version 0.0.4).
///
/// Counters become counters, gauges and meters become gauges, recorders and timers become histograms; timers are given in
/// seconds. Equal names with equal labels share one series.
public final class PrometheusRegistry: MetricsFactory {
    /// Media type of `render()`, for the `Content-Type` header.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"
    /// Bucket bounds of histograms that have no preset of their own.
    public static let defaultBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    private let help: [String: String]
    private let buckets: [String: [Double]]
    private let families = Mutex<[String: MetricFamily]>([:])

    /// Makes an empty registry.
    ///
    /// - Parameters:
    ///   - help: help texts by metric name.
    ///   - buckets: upper bounds of histogram buckets by metric name, in any order; others use `defaultBuckets`.
    public init(help: [String: String] = [:], buckets: [String: [Double]] = [:]) {
        self.help = help
        self.buckets = buckets
    }

    /// Everything that was recorded, sorted by name and labels.
    public func render() -> String {
        var text = ""
        for (name, family) in families.withLock({ $0 }).sorted(by: { $0.key < $1.key }) {
            family.render(name: name, help: help[name], into: &text)
        }
        return text
    }

    /// The series with this name and these labels, made on first use. A name that is in use for another kind of metric
    /// keeps its kind; what is recorded under the other one is not shown.
    private func series<Series: MetricSeries>(
        _ label: String, _ dimensions: [(String, String)], _ make: (MetricPlace) -> Series
    ) -> Series {
        let place = MetricPlace(
            name: MetricName.sanitized(label, allowsColon: true), labels: LabelSet(dimensions))
        return families.withLock { families in
            if let family = families[place.name] {
                guard family.type == Series.type else { return make(place) }
                if let existing = family.series[place.labels] as? Series { return existing }
            }
            let fresh = make(place)
            // In place: a family is not copied for one series more.
            families[place.name, default: MetricFamily(type: Series.type)].series[place.labels] = fresh
            return fresh
        }
    }

    private func remove(_ handler: AnyObject) {
        guard let series = handler as? any MetricSeries else { return }
        let place = series.place
        families.withLock { families in
            guard families[place.name]?.series[place.labels] === series else { return }
            families[place.name]?.series[place.labels] = nil
        }
    }

    private func histogram(_ label: String, _ dimensions: [(String, String)]) -> HistogramSeries {
        series(label, dimensions) { place in
            HistogramSeries(at: place, bounds: buckets[place.name] ?? Self.defaultBuckets)
        }
    }

    // MARK: MetricsFactory

    /// A counter.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions) { CounterSeries(at: $0) }
    }

    /// A counter of fractions.
    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(label, dimensions) { CounterSeries(at: $0) }
    }

    /// A gauge that can be added to.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions) { GaugeSeries(at: $0) }
    }

    /// A histogram, or a gauge when the values are not to be aggregated.
    public func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        if aggregate { histogram(label, dimensions) } else { series(label, dimensions) { GaugeSeries(at: $0) } }
    }

    /// A histogram in seconds.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label, dimensions)
    }

    /// Forgets a counter.
    public func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    /// Forgets a counter of fractions.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
    /// Forgets a meter.
    public func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    /// Forgets a recorder.
    public func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    /// Forgets a timer.
    public func destroyTimer(_ handler: any TimerHandler) { remove(handler) }
}
