/// Where the operator itself listens.
struct ServerConfiguration: Equatable, Sendable {
    var metrics: ListenAddress
    var health: ListenAddress

    init(reading: inout ConfigurationReading) {
        let expectation = "must be host:port, such as 0.0.0.0:8080 or [::]:8080"
        metrics = reading.value(.serverMetrics, expectation, ListenAddress.init) ?? .unused
        health = reading.value(.serverHealth, expectation, ListenAddress.init) ?? .unused
        if metrics == health, metrics.port != 0 {
            reading.problem(.serverHealth, "must not be the same as server.metrics")
        }
    }
}
