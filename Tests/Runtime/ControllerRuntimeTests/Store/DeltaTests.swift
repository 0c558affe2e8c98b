import KubernetesModel
import Testing

@testable import ControllerRuntime

@Suite("Delta")
struct DeltaTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let change: @Sendable (inout Widget) -> Void
        let needsReconcile: Bool
    }

    static let cases = [
        Case(testDescription: "only the version: a status update", change: { _ in }, needsReconcile: false),
        Case(testDescription: "generation", change: { $0.metadata.generation = 2 }, needsReconcile: true),
        Case(testDescription: "finalizers", change: { $0.metadata.finalizers = ["x"] }, needsReconcile: true),
        Case(testDescription: "labels", change: { $0.metadata.labels = ["a": "b"] }, needsReconcile: true),
        Case(testDescription: "annotations", change: { $0.metadata.annotations = ["a": "b"] }, needsReconcile: true),
        Case(testDescription: "deletion", change: { $0.metadata.deletionTimestamp = "now" }, needsReconcile: true),
        Case(testDescription: "uid", change: { $0.metadata.uid = "2" }, needsReconcile: true),
    ]

    @Test("a primary object's change needs a reconcile unless it was its status", arguments: cases)
    func predicate(_ testCase: Case) {
        let old = Widget("a", uid: "1", version: "1", generation: 1)
        var new = Widget("a", uid: "1", version: "2", generation: 1)
        testCase.change(&new)
        #expect(Delta(old: old, new: new).changesMoreThanStatus == testCase.needsReconcile)
        #expect(Delta<Widget>(old: old, new: nil).changesMoreThanStatus)
        #expect(Delta<Widget>(old: nil, new: new).changesMoreThanStatus)
    }

    @Test("mapping covers the former and the present relative, each once")
    func mapped() {
        let delta = Delta(old: Widget("a", color: "red"), new: Widget("a", color: "blue"))
        #expect(delta.mapped { [$0.spec.color, "always"] } == ["red", "always", "blue"])
    }
}
