import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

@testable import LanyardControllers

@Suite("NamespaceBoundaries")
struct NamespaceBoundariesTests {
    private let settings: PlanningSettings
    private let set: BoundarySet

    init() throws {
        settings = try SimulatedWorld(seed: 1).settings
        var boundary = IdentityBoundary.ofTenant("*")
        boundary.spec.sharedNames = true
        set = BoundarySet([boundary], settings: settings)
    }

    /// Whether an identity may have a SPIFFE ID.
    private func admits(_ boundary: EffectiveBoundary, _ spiffeID: String, inNamespace namespace: String) -> Bool {
        var spec = WorkloadIdentitySpec()
        spec.spiffeID = spiffeID
        let identity = WorkloadIdentity(metadata: ObjectMeta(name: "web", namespace: namespace), spec: spec)
        guard case .success = Admission.identity(identity, boundary: boundary, settings: settings) else { return false }
        return true
    }

    @Test("so many patterns are prepared in all namespaces together and no more, and the verdicts are the same")
    func limit() throws {
        let each = set.effective(inNamespace: "n0", labels: [:]).preparedCount
        try #require(each > 2)
        // For two namespaces, and a part of a third one.
        let limit = each * 5 / 2
        var boundaries = NamespaceBoundaries(set, limit: limit)
        for number in 0..<6 {
            let namespace = "n\(number)"
            let boundary = boundaries.effective(inNamespace: namespace, labels: [:])
            #expect(boundaries.preparedCount == min(limit, each * (number + 1)))
            #expect(boundary.preparedCount == max(0, min(each, limit - each * number)))
            #expect(boundary == set.effective(inNamespace: namespace, labels: [:]))
            #expect(admits(boundary, "/ns/\(namespace)/x", inNamespace: namespace))
            #expect(!admits(boundary, "/ns/other/x", inNamespace: namespace))
        }
    }

    @Test("a namespace that is forgotten or has other labels gives its room back")
    func room() {
        let each = set.effective(inNamespace: "n0", labels: [:]).preparedCount
        var boundaries = NamespaceBoundaries(set, limit: each)
        for labels in [[:], ["a": "b"], nil] as [[String: String]?] {
            #expect(boundaries.effective(inNamespace: "n0", labels: labels).preparedCount == each)
            #expect(boundaries.preparedCount == each)
        }
        #expect(boundaries.effective(inNamespace: "n1", labels: [:]).preparedCount == 0)
        boundaries.remove("n0")
        boundaries.remove("n0")
        #expect(boundaries.preparedCount == 0)
        boundaries.remove("n1")
        #expect(boundaries.effective(inNamespace: "n1", labels: [:]).preparedCount == each)
    }
}
