import Metrics
import PrometheusExposition
import Testing

@Suite("PrometheusRegistry")
struct PrometheusRegistryTests {
    private let registry = PrometheusRegistry(
        help: ["requests_total": "Requests by code.\nSee C:\\docs.", "unused_total": "Never shown."],
        buckets: ["latency_seconds": [1, 0.5, .infinity]])

    @Test("counters, gauges and histograms are rendered in the text format, sorted by name and labels")
    func text() {
        Counter(label: "requests_total", dimensions: [("method", "GET"), ("code", "500")], factory: registry)
            .increment(by: 2)
        Counter(label: "requests_total", dimensions: [("code", "200"), ("method", "GET")], factory: registry)
            .increment(by: 0)
        Gauge(label: "temperature", factory: registry).record(-1.5)
        let latency = Timer(label: "latency_seconds", dimensions: [("op", "read")], factory: registry)
        latency.recordMilliseconds(250)
        latency.recordMilliseconds(500)
        latency.recordMilliseconds(750)
        latency.recordSeconds(3)
        #expect(
            registry.render() == #"""
                # TYPE latency_seconds histogram
                latency_seconds_bucket{op="read",le="0.5"} 2
                latency_seconds_bucket{op="read",le="1"} 3
                latency_seconds_bucket{op="read",le="+Inf"} 4
                latency_seconds_sum{op="read"} 4.5
                latency_seconds_count{op="read"} 4
                # HELP requests_total Requests by code.\nSee C:\\docs.
                # TYPE requests_total counter
                requests_total{code="200",method="GET"} 0
                requests_total{code="500",method="GET"} 2
                # TYPE temperature gauge
                temperature -1.5

                """#)
    }

    @Test("label values are escaped, and names are made legal")
    func escaping() {
        Gauge(label: "9 lives/cat-é:a", dimensions: [("a:b", "say \"hi\"\\\r\nbye")], factory: registry).record(1)
        #expect(
            registry.render()
                == "# TYPE _9_lives_cat__:a gauge\n_9_lives_cat__:a{a_b=\"say \\\"hi\\\"\\\\\r\\nbye\"} 1\n")
    }

    @Test("equal names and labels share one series, whatever the order of the labels")
    func shared() {
        for labels in [[("a", "1"), ("b", "2")], [("b", "2"), ("a", "1")]] {
            Counter(label: "c", dimensions: labels, factory: registry).increment(by: 5)
        }
        #expect(registry.render() == "# TYPE c counter\nc{a=\"1\",b=\"2\"} 10\n")
    }

    @Test("a name keeps its first kind; what is recorded under another one is not shown")
    func kinds() {
        Counter(label: "x", factory: registry).increment(by: 1)
        Gauge(label: "x", factory: registry).record(7)
        Timer(label: "x", dimensions: [("a", "b")], factory: registry).recordSeconds(1)
        #expect(registry.render() == "# TYPE x counter\nx 1\n")
    }

    @Test("a counter never overflows, and fractions are kept apart from whole numbers")
    func counters() {
        let whole = Counter(label: "whole", factory: registry)
        whole.increment(by: Int64.max)
        whole.increment(by: 1)
        FloatingPointCounter(label: "fraction", factory: registry).increment(by: 2.5)
        #expect(registry.render().contains("whole 9223372036854775807\n"))
        #expect(registry.render().contains("fraction 2.5\n"))
    }

    @Test(
        "a gauge shows special values by name",
        arguments: [
            (Double.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"), (3, "3"), (0.25, "0.25"), (1e300, "1e+300"),
        ])
    func values(value: Double, text: String) {
        Gauge(label: "g", factory: registry).record(value)
        #expect(registry.render() == "# TYPE g gauge\ng \(text)\n")
    }

    @Test("a recorder that aggregates is a histogram with the default buckets")
    func recorder() {
        Recorder(label: "sizes", factory: registry).record(0.01)
        let lines = registry.render().split(separator: "\n")
        #expect(lines.count == 1 + PrometheusRegistry.defaultBuckets.count + 1 + 2)
        #expect(lines.contains("sizes_bucket{le=\"0.005\"} 0"))
        #expect(lines.contains("sizes_bucket{le=\"0.01\"} 1"))
        #expect(lines.contains("sizes_count 1"))
    }

    @Test("a meter adds and subtracts")
    func meter() {
        let meter = Meter(label: "m", factory: registry)
        meter.set(5.0)
        meter.increment(by: 2)
        meter.decrement()
        #expect(registry.render() == "# TYPE m gauge\nm 6\n")
    }

    @Test("a destroyed metric is no longer shown")
    func destroy() {
        let counter = Counter(label: "c", dimensions: [("a", "1")], factory: registry)
        Counter(label: "c", dimensions: [("a", "2")], factory: registry).increment(by: 1)
        counter.increment(by: 1)
        counter.destroy()
        #expect(registry.render() == "# TYPE c counter\nc{a=\"2\"} 1\n")
    }

    @Test("what is destroyed takes nothing with it that has its name and labels now, or has no place of its own")
    func destroyTwice() {
        let counter = Counter(label: "c", factory: registry)
        counter.destroy()
        Counter(label: "c", factory: registry).increment(by: 3)
        counter.destroy()
        Gauge(label: "c", factory: registry).destroy()
        #expect(registry.render() == "# TYPE c counter\nc 3\n")
    }

    @Test("a series is made and destroyed among many as fast as among few")
    func costs() {
        func fastest(among count: Int) -> Duration {
            let registry = PrometheusRegistry()
            for number in 0..<count { _ = Counter(label: "c", dimensions: [("n", "\(number)")], factory: registry) }
            let times = (0..<50).map { _ in
                let started = ContinuousClock.now
                Counter(label: "c", dimensions: [("n", "new")], factory: registry).destroy()
                return ContinuousClock.now - started
            }
            return times.min() ?? .zero
        }
        // A copy of so many takes a hundred times as long.
        #expect(fastest(among: 50_000) < fastest(among: 10) * 10)
    }

    @Test("concurrent increments are all counted")
    func concurrent() async {
        let registry = registry
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1_000 { Counter(label: "c", factory: registry).increment(by: 1) }
                }
            }
        }
        #expect(registry.render() == "# TYPE c counter\nc 8000\n")
    }
}
