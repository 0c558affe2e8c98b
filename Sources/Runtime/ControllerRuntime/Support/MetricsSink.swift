public import Metrics

/// Where metrics go that are named after their operator.
public struct MetricsSink: Sendable {
    let prefix: String
    let factory: any MetricsFactory

    /// - Parameter prefix: what their names begin with.
    public init(prefix: String = "controller_runtime", factory: any MetricsFactory = MetricsSystem.factory) {
        self.prefix = prefix
        self.factory = factory
    }
}
