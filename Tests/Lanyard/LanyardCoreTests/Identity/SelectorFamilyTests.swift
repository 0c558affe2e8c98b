import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

@Suite("Selectors that no workload has")
struct SelectorFamilyTests {
    private func desired(
        _ selectors: [String], labels: [String: String]? = nil, container: String? = nil
    ) throws -> Result<DesiredIdentity, SpecViolations> {
        var identity = WorkloadIdentity(metadata: ObjectMeta(name: "web", namespace: "shop"))
        identity.spec.selectors = selectors
        identity.spec.containerName = container
        identity.spec.podSelector = labels.map { .init(matchLabels: $0) }
        let settings = try PlanningSettings.sample()
        return IdentityPlanner.desired(
            for: identity, boundary: BoundarySet([], settings: settings).effective(inNamespace: "shop", labels: nil),
            settings: settings)
    }

    @Test(
        "two values of what a workload has one of are an invalid spec",
        arguments: [
            ["k8s:pod-label:app:a", "k8s:pod-label:app:b"], ["k8s:node-name:a", "k8s:node-name:b"],
            ["unix:uid:1", "unix:uid:2"], ["k8s:pod-name:a", "k8s:pod-name:b"], ["unix:path:/a", "unix:path:/b"],
            ["k8s:container-name:other"], ["k8s:pod-label:tier:back"],
        ])
    func contradictions(selectors: [String]) throws {
        guard case .failure(let violations) = try desired(selectors, labels: ["tier": "front"], container: "main")
        else {
            Issue.record("accepted")
            return
        }
        #expect(violations.reason == .invalidSpec)
        #expect(violations.message.contains("are never true of one workload"))
    }

    @Test(
        "several values of what it may have several of are valid, and the same one twice",
        arguments: [
            ["k8s:container-image:a", "k8s:container-image:b"], ["k8s:pod-owner:Deployment:a", "k8s:pod-owner:Pod:b"],
            ["unix:supplementary_gid:1", "unix:supplementary_gid:2"], ["unix:uid:1", "unix:uid:1"],
            ["k8s:pod-label:app:a", "k8s:pod-label:app2:b"], ["k8s:container-name:main", "docker:label:a:b"],
        ])
    func several(selectors: [String]) throws {
        _ = try desired(selectors, labels: ["tier": "front"], container: "main").get()
    }

    @Test(
        "a selector that the attestor of Kubernetes never gives is named",
        arguments: [
            ("k8s:podlabel:app:a", true), ("k8s:deployment:web", true), ("k8s:pod-label:app:a", false),
            ("k8s:image-signature:verified", false), ("custom:anything", false),
        ])
    func unknown(selector: String, isNamed: Bool) throws {
        let remark = try desired([selector]).get().remark
        #expect(remark.contains(selector) == isNamed)
    }
}
