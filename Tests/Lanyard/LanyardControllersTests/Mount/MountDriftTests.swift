import KubernetesModel
import LanyardAPI
import Metrics
import PrometheusExposition
import Testing
import VaultTesting

@Suite("Drift of mounts, counted")
struct MountDriftTests {
    private let registry = PrometheusRegistry()
    private let world: MountWorld

    init() async throws { world = try await MountWorld() }

    /// What was counted.
    private var series: [String] {
        registry.render().split(separator: "\n").filter { $0.hasPrefix("lanyard_drift_fields_total") }.map(String.init)
    }

    /// What was counted of the two fields that the test changes; a role that is written has other defaults, too.
    private var changed: [String] {
        series.filter { $0.contains(#"field="allow_any_name""#) || $0.contains(#"field="max_lease_ttl""#) }
    }

    private func pass() async throws {
        let world = world
        _ = try await withMetricsFactory(registry) { try await world.pass("pki") }
    }

    @Test("each field is counted by kind of object when it is put back; one that stays as it is, once")
    func fields() async throws {
        try await world.create("pki", .pki) { spec in
            var role = PKIRoleSpec(name: "services")
            role.allowedDomains = ["svc.cluster.local"]
            (role.ttl, role.maxTTL) = ("168h", "720h")
            spec.tune = .init(maxLeaseTTL: "87600h")
            spec.pki = .init(root: .init(commonName: "Root", ttl: "87600h"), roles: [role])
        }
        try await pass()
        try await pass()
        #expect(series == [])
        world.vault.foreignWrite("sys/mounts/pki/tune", ["max_lease_ttl": "1h"])
        world.vault.foreignWrite("pki/roles/services", ["allow_any_name": true])
        try await pass()
        let mount = #"lanyard_drift_fields_total{field="max_lease_ttl",object="mount",system="vault"} 1"#
        let role = #"lanyard_drift_fields_total{field="allow_any_name",object="pki_role",system="vault"}"#
        #expect(changed == ["\(role) 1", mount])
        // What is right is not counted again.
        try await pass()
        #expect(changed == ["\(role) 1", mount])

        try await world.edit("pki") { $0.spec.driftPolicy = .report }
        try await pass()
        world.vault.foreignWrite("pki/roles/services", ["allow_any_name": true])
        try await pass()
        try await pass()
        #expect(changed == ["\(role) 2", mount])
    }
}
