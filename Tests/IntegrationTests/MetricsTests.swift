import FoundationEssentials
import KubernetesModel
import Metrics
import PrometheusExposition
import Subprocess
import Testing

extension RealServers {
    @Suite("Metrics")
    struct MetricsTests {
        let environment: TestEnvironment

        init() throws { environment = try TestEnvironment() }

        @Test("a working operator exposes what docs/metrics.md says, in a form that promtool has no complaint about")
        func exposition() async throws {
            try await Cluster.run(in: environment) { cluster in
                _ = try await OperatorRun.run(in: environment) { run in
                    try await run.waitUntilWorking()
                    try await cluster.withNamespace("metrics") { namespace in
                        let acts = Acts(environment: environment, cluster: cluster, namespace: namespace)
                        try await acts.prepare()
                        try await acts.perform(.driftTwice)
                        let text = try await run.get("metrics", from: "metrics").body
                        #expect(try await promtool(text) == "")
                        try compareWithDocumentation(Exposition(text))
                        // No series for each object: that would be a leak, and names are nobody's business here. One metric
                        // alone has namespaces.
                        let others = text.split(separator: "\n")
                            .filter { !$0.hasPrefix("lanyard_namespace_resources{") }.joined(separator: "\n")
                        #expect(!others.contains(namespace))
                        for name in ["\"old\"", "/old", ".old"] { #expect(!text.contains(name), "\(name)") }
                        try expectValues(in: text)
                        try await cluster.deleteResources(in: namespace)
                        try await acts.waitUntilEmpty()
                    }
                }
            }
        }

        private func expectValues(in text: String) throws {
            let lines = Set(text.split(separator: "\n").map(String.init))
            for line in [
                "lanyard_drift_fields_total{field=\"existence\",object=\"policy\",system=\"vault\"} 2",
                "lanyard_drift_detected_total{system=\"vault\"} 2", "lanyard_drift_detected_total{system=\"spire\"} 0",
                "lanyard_entries 1", "lanyard_fence_denied_total 0", "lanyard_fence_open 1",
                "lanyard_conflicts{kind=\"VaultRoleBinding\"} 0",
                "lanyard_remote_writes_total{operation=\"delete\",result=\"success\",system=\"vault\"} 0",
                "lanyard_store_objects{resource=\"workloadidentities.lanyard.dev\"} 1",
                "lanyard_watch_open{resource=\"namespaces\"} 1",
                "leader_election_master_status{name=\"lanyard\"} 1",
                "controller_runtime_reconcile_total{controller=\"node-alias\",result=\"error\"} 0",
                "workqueue_depth{controller=\"vaultrolebinding\",name=\"vaultrolebinding\",priority=\"0\"} 0",
            ] { #expect(lines.contains(line), "\(line)") }
        }

        private static let rare: Set<String> = [
            "rest_client_exec_plugin_call_total", "rest_client_exec_plugin_ttl_seconds",
            "rest_client_request_retries_total", "rest_client_transport_ca_reload_total",
            "spiffe_svid_fetch_total", "spiffe_x509_svid_expiration_seconds", "spiffe_x509_svid_lifetime_seconds",
        ]

        private func compareWithDocumentation(_ exposition: Exposition) throws {
            let page = try String(
                contentsOf: URL(filePath: "\(TestEnvironment.repository)/docs/metrics.md"), encoding: .utf8)
            let rows = page.split(separator: "\n").filter { $0.hasPrefix("| `") }.map { row in
                row.split(separator: "|", omittingEmptySubsequences: false).map {
                    $0.trimming { $0 == " " || $0 == "`" }
                }
            }
            let documented = Dictionary(
                uniqueKeysWithValues: rows.map { row in
                    (row[1], "\(row[2]) \(row[3].split(separator: ",").map { $0.trimming { $0 == " " } }.sorted())")
                })
            let exposed = exposition.types.reduce(into: [String: String]()) { result, family in
                result[family.key] = "\(family.value) \((exposition.labels[family.key] ?? []).sorted())"
            }
            // What happens rarely has no series before it happens.
            #expect(Set(exposed.keys).isSubset(of: documented.keys))
            #expect(Set(documented.keys).subtracting(Self.rare).isSubset(of: exposed.keys))
            #expect(Self.rare.isSubset(of: documented.keys))
            for (name, description) in exposed { #expect(documented[name] == description, "\(name)") }
        }

        @Test("labels that try to break the format do not")
        func hostileLabels() async throws {
            let registry = PrometheusRegistry(help: [
                "hostile_total": "Quotes \" and \\ and\nlines.", "hostile_seconds": "Durations.", "hostile": "A gauge.",
            ])
            for value in [
                "\"", "\\", "\n", "\\n", "a\"} 1\nfake_total 7", "\r\n", "\u{0}", "\u{7F}", "ünïcödé 🪪", "", "{}", "#",
                String(repeating: "x", count: 10_000),
            ] {
                let labels = [("value", value), ("a b-c", value), ("le", "no")]
                Counter(label: "hostile_total", dimensions: Array(labels.prefix(2)), factory: registry).increment()
                Gauge(label: "hostile", dimensions: Array(labels.prefix(2)), factory: registry).record(1)
                Metrics.Timer(label: "hostile_seconds", dimensions: [("value", value)], factory: registry)
                    .recordSeconds(1)
            }
            let text = registry.render()
            #expect(try await promtool(text) == "")
            #expect(!text.split(separator: "\n").contains { $0.hasPrefix("fake_total") })
            // The check can fail.
            #expect(try await promtool("hostile_total{value=\"\"\"} 1\n") != "")
        }

        /// What `promtool check metrics` has to say; nothing when all is well.
        private func promtool(_ text: String) async throws -> String {
            let outcome = try await Subprocess.run(
                .name("env"), arguments: [environment.variable("PROMTOOL"), "check", "metrics"],
                input: .string(text), output: .string(limit: 65_536), error: .string(limit: 65_536))
            let said = outcome.standardOutput + outcome.standardError
            return outcome.terminationStatus.isSuccess ? said : "failed: \(said)"
        }
    }
}

/// The families of a text in the Prometheus format.
private struct Exposition {
    var types: [String: String] = [:]
    var labels: [String: Set<String>] = [:]

    init(_ text: String) {
        for line in text.split(separator: "\n") {
            if line.hasPrefix("# TYPE ") {
                let words = line.split(separator: " ")
                types[String(words[2])] = String(words[3])
            } else if !line.hasPrefix("#") {
                var name = String(line.prefix { $0 != "{" && $0 != " " })
                for suffix in ["_bucket", "_sum", "_count"] where name.hasSuffix(suffix) {
                    let family = String(name.dropLast(suffix.count))
                    if types[family] == "histogram" { name = family }
                }
                let inBraces = line.contains("{") ? line.drop { $0 != "{" }.dropFirst().prefix { $0 != "}" } : ""
                let names = inBraces.split(separator: ",").compactMap {
                    $0.split(separator: "=").first.map(String.init)
                }
                labels[name, default: []].formUnion(names.filter { $0 != "le" })
            }
        }
    }
}

extension StringProtocol {
    /// Without such characters at both ends.
    fileprivate func trimming(_ isUnwanted: (Character) -> Bool) -> String {
        let start = drop(while: isUnwanted)
        return String(String(start.reversed()).drop(while: isUnwanted).reversed())
    }
}
