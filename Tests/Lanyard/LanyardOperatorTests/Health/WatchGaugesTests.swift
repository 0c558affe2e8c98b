import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardControllers
import PrometheusExposition
import Synchronization
import Testing

@testable import LanyardOperator

@Suite("WatchGauges")
struct WatchGaugesTests {
    private let registry = PrometheusRegistry()

    private var series: [String] {
        registry.render().split(separator: "\n").filter { $0.hasPrefix("lanyard_watch_open{") }.map(String.init)
    }

    @Test("a watch is open when the cache is complete and nothing is wrong, each for itself")
    func states() {
        let health = Mutex(SourceHealth(hasSynced: false))
        let gauges = WatchGauges(
            [
                ObservedSource(WorkloadIdentity.descriptor) { health.withLock { $0 } },
                ObservedSource(NamespaceMetadata.descriptor) { SourceHealth(hasSynced: true) },
            ], factory: registry)
        #expect(
            series == [
                "lanyard_watch_open{resource=\"namespaces\"} 0",
                "lanyard_watch_open{resource=\"workloadidentities.lanyard.dev\"} 0",
            ])
        func identities(_ now: SourceHealth) -> String? {
            health.withLock { $0 = now }
            gauges.update()
            return series.last.map { String($0.suffix(1)) }
        }
        #expect(identities(SourceHealth(hasSynced: false)) == "0")
        #expect(series.first?.hasSuffix("} 1") == true)
        #expect(identities(SourceHealth(hasSynced: true)) == "1")
        #expect(identities(SourceHealth(hasSynced: true, problem: .init(.unavailable, "no connection"))) == "0")
        #expect(identities(SourceHealth(hasSynced: true, problem: .init(.notServed, "no such kind"))) == "0")
        #expect(identities(SourceHealth(hasSynced: true)) == "1")
        #expect(series.first?.hasSuffix("} 1") == true)
    }

    @Test("a cache that is there only on demand has a series while it is there")
    func onDemand() {
        let health = Mutex<SourceHealth?>(nil)
        let gauges = WatchGauges(
            [], onDemand: [OnDemandSource(kind: Pod.descriptor) { health.withLock { $0 } }], factory: registry)
        func pods(_ now: SourceHealth?) -> [String] {
            health.withLock { $0 = now }
            gauges.update()
            return series
        }
        let name = "lanyard_watch_open{resource=\"pods\"}"
        #expect(pods(nil) == [])
        #expect(pods(SourceHealth(hasSynced: false)) == ["\(name) 0"])
        #expect(pods(SourceHealth(hasSynced: true)) == ["\(name) 1"])
        #expect(pods(SourceHealth(hasSynced: true, problem: .init(.unavailable, "no connection"))) == ["\(name) 0"])
        #expect(pods(nil) == [])
        #expect(pods(SourceHealth(hasSynced: true)) == ["\(name) 1"])
    }
}
