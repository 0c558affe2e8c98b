package import ControllerRuntime

extension MetricsSink {
    /// Of the operator's own metrics.
    package static var lanyard: MetricsSink { MetricsSink(prefix: "lanyard") }
}
