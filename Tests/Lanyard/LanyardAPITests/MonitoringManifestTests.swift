import KubernetesModel
import TestSupport
import Testing

@Suite("Manifests for Prometheus and Grafana")
struct MonitoringManifestTests {
    private func document(_ path: String) throws -> JSONValue {
        try #require(Checkout.documents("manifests/\(path)").first)
    }

    @Test("the PodMonitor finds the operator's pods, at a port that they have")
    func podMonitor() throws {
        let (monitor, deployment) = (try document("monitoring/pod-monitor.yaml"), try document("base/deployment.yaml"))
        let template = try #require(deployment["spec"]?["template"])
        #expect(monitor["metadata"]?["namespace"] == deployment["metadata"]?["namespace"])
        #expect(monitor["spec"]?["selector"]?["matchLabels"] == template["metadata"]?["labels"])
        let endpoints = monitor["spec"]?["podMetricsEndpoints"]?.array ?? []
        #expect(endpoints.compactMap { $0["port"]?.string } == ["metrics"])
        let ports = template["spec"]?["containers"]?.array?.first?["ports"]?.array ?? []
        #expect(ports.contains { $0["name"] == "metrics" && $0["containerPort"] == 8080 })
    }

    @Test("each alert leads to a page of its own, and says how bad it is")
    func pages() throws {
        let groups = try document("monitoring/prometheus-rule.yaml")["spec"]?["groups"]?.array ?? []
        let alerts = groups.flatMap { $0["rules"]?.array ?? [] }
        #expect(alerts.count >= 16)
        for alert in alerts {
            let name = try #require(alert["alert"]?.string)
            let page = "docs/runbooks/\(name).md"
            #expect(alert["annotations"]?["runbook_url"]?.string?.hasSuffix("/lanyard/\(page)") == true, "\(name)")
            #expect(Checkout.exists(page), "\(name)")
            #expect(["warning", "critical"].contains(alert["labels"]?["severity"]?.string), "\(name)")
        }
        let index = "docs/runbooks/README.md"
        let pages = try Checkout.files(ending: ".md", in: "docs/runbooks").filter { $0 != index }
        let names = alerts.compactMap { $0["alert"]?.string }
        #expect(pages.count == Set(names).count)
        let text = try Checkout.text(index)
        for (alert, name) in zip(alerts, names) {
            let severity = alert["labels"]?["severity"]?.string ?? ""
            #expect(text.contains("| [\(name)](\(name).md) | \(severity) | "), "\(name)")
        }
    }

    @Test("the component has every manifest of its folder, and is no part of the base")
    func component() throws {
        let listed = try document("monitoring/kustomization.yaml")
        #expect(listed["kind"] == "Component")
        let files = (listed["resources"]?.array ?? []).compactMap(\.string).map { "manifests/monitoring/\($0)" }
        let all = try Checkout.yamlFiles(in: "manifests/monitoring")
        #expect(files.sorted() == all.filter { !$0.hasSuffix("/kustomization.yaml") })
        #expect(listed["configMapGenerator"]?.array?.first?["files"] == ["dashboard.json"])
        // Clusters without the Prometheus operator know none of it.
        #expect(try document("base/kustomization.yaml")["components"] == nil)
    }
}
