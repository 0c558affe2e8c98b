import Metrics
import PrometheusExposition
import Testing

@testable import LanyardControllers

@Suite("DriftMetrics")
struct DriftMetricsTests {
    private let registry = PrometheusRegistry()

    /// What was counted, without the name of the metric.
    private var series: [String] {
        registry.render().split(separator: "\n").filter { $0.hasPrefix("lanyard_drift_fields_total{") }.map(String.init)
    }

    private func begun(_ field: String, _ object: String, _ system: String) -> Bool {
        series.contains(
            "lanyard_drift_fields_total{field=\"\(field)\",object=\"\(object)\",system=\"\(system)\"} 0")
    }

    @Test("reconcilers begin all series that are known in advance at zero, each those of its objects")
    func zero() async throws {
        _ = try await withMetricsFactory(registry) { try await MountWorld() }
        #expect(begun("max_lease_ttl", "mount", "vault") && begun("allow_any_name", "pki_role", "vault"))
        for object in ["mount", "auth_configuration", "connection", "urls", "pki_role"] {
            #expect(begun("existence", object, "vault"), "\(object)")
        }
        #expect(!begun("path", "policy", "vault") && !begun("hint", "entry", "spire"))
        _ = try await withMetricsFactory(registry) { try await TestOperator() }
        #expect(begun("path", "policy", "vault") && begun("hint", "entry", "spire"))
        #expect(begun("token_policies", "auth_role", "vault") && begun("db_name", "database_role", "vault"))
        for object in ["policy", "auth_role", "database_role"] {
            #expect(begun("existence", object, "vault"), "\(object)")
        }
        #expect(series.allSatisfy { $0.hasSuffix(" 0") })
    }

    @Test("what begins at zero is counted on, and what was not known in advance is counted as well")
    func counting() {
        withMetricsFactory(registry) {
            DriftMetrics.begin([.connection])
            DriftMetrics.record(fields: ["connection_url", "a_setting_of_a_plugin"], of: .connection)
            DriftMetrics.record(fields: [], of: .connection)
        }
        let counted = series.filter { !$0.hasSuffix(" 0") }
        #expect(counted.count == 3 && counted.allSatisfy { $0.hasSuffix(" 1") })
    }
}
