import KubernetesModel
import Testing

@testable import LanyardOperator

@Suite("The report of lanyard config check")
struct ConfigurationReportTests {
    @Test("config check prints every value with its source, and OK")
    func report() throws {
        let report = try ConfigurationSample.sources(
            environment: ["LANYARD_LOG_LEVEL": "debug"], set: ["reconcile.resyncInterval=5m"]
        ).report()
        let lines = report.text.split(separator: "\n")
        #expect(lines.count == ConfigurationKey.all.count + 1)
        #expect(lines.last == "OK")
        #expect(lines.contains("clusterName: production  # lanyard.yaml:1:14"))
        #expect(lines.contains("log.level: debug  # LANYARD_LOG_LEVEL"))
        #expect(lines.contains("reconcile.resyncInterval: 5m  # --set"))
        #expect(lines.contains("server.metrics: \"0.0.0.0:8080\"  # default"))
        #expect(lines.contains("spire.nodeAlias.selectors: [\"k8s_psat:cluster:production\"]  # lanyard.yaml:5:16"))
        #expect(lines.contains("vault.caFile:  # not given"))
        // Programs get the same.
        #expect(report.values.map(\.key) == ConfigurationKey.all.map(\.name))
        #expect(report.values.contains(.init(key: "log.level", value: "debug", source: "LANYARD_LOG_LEVEL")))
        #expect(report.values.contains(.init(key: "vault.caFile", value: nil, source: nil)))
        #expect(report.values.contains { $0.value == .array(["k8s_psat:cluster:production"]) })
    }

    @Test("a variable of the environment that looks like one of ours is told; those of a Service are not")
    func strayVariables() throws {
        let report = try ConfigurationSample.sources(environment: [
            "LANYARD_LOGLEVEL": "debug", "LANYARD_LOG_LEVEL": "info", "LANYARD_SERVICE_HOST": "10.0.0.1",
            "LANYARD_METRICS_PORT_8080_TCP_ADDR": "10.0.0.1", "LANYARD_PORT": "tcp://10.0.0.1:80",
        ]).report()
        let notes = report.text.split(separator: "\n").filter { $0.hasPrefix("note: ") }
        #expect(
            notes == [
                "note: the environment variable LANYARD_LOGLEVEL is of no known key; did you mean LANYARD_LOG_LEVEL?"
            ])
    }
}
