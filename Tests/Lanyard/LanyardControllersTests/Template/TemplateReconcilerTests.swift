import ControllerRuntime
import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardControllers
import Testing

@Suite("TemplateReconciler")
struct TemplateReconcilerTests {
    private let lanyard: TestOperator
    private let reconciler: TemplateReconciler
    private let key = ObjectKey(namespace: nil, name: "readwrite")

    init() async throws {
        let lanyard = try await TestOperator()
        self.lanyard = lanyard
        reconciler = TemplateReconciler(
            reporter: ObjectReporter(
                api: RecordingKubernetes(base: lanyard.world.api, journal: lanyard.journal), store: lanyard.templates,
                events: lanyard.events),
            settings: lanyard.world.settings, environment: lanyard.world.environment)
    }

    private func reconcile() async throws -> Condition? {
        let view = try await lanyard.world.view()
        _ = lanyard.templates.replace(with: view.templates, resourceVersion: view.resourceVersion)
        _ = try await reconciler.reconcile(key)
        return try await lanyard.world.api.get(DatabaseRoleTemplate.self, key)?.status?.conditions?.condition("Ready")
    }

    @Test("says that a template can be used, once")
    func ready() async throws {
        try await lanyard.create(template: "readwrite")
        #expect(try await reconcile()?.status == .yes)
        lanyard.journal.clear()
        #expect(try await reconcile()?.status == .yes)
        #expect(lanyard.journal.writes.isEmpty)
    }

    @Test("a status that is too large for the cache is read, so that it is not written again at each pass")
    func largeStatus() async throws {
        try await lanyard.create(template: "readwrite")
        _ = try await reconcile()
        let stored = try #require(try await lanyard.world.api.get(DatabaseRoleTemplate.self, key))
        var status = try #require(stored.status)
        status.conditions?.append(
            Condition(
                type: "OfOthers", status: .yes, reason: "Looked", message: String(repeating: "x", count: 32_768),
                lastTransitionTime: "2026-11-30T10:00:00Z"))
        _ = try await lanyard.world.api.applyStatus(
            DatabaseRoleTemplate.self, key, uid: stored.metadata.uid ?? "", status: try JSONValue(encoding: status),
            fieldManager: "others")
        lanyard.journal.clear()
        #expect(try await reconcile() == nil, "the cache does not have it")
        #expect(lanyard.journal.writes.isEmpty)
        _ = try await lanyard.world.api.mergePatch(
            DatabaseRoleTemplate.self, key, ["spec": ["creationStatements": []]])
        _ = try await reconcile()
        let whole = try await lanyard.world.api.get(DatabaseRoleTemplate.self, key, as: .whole)
        #expect(whole?.status?.conditions?.condition("Ready")?.reason == "InvalidSpec")
        #expect(whole?.status?.conditions?.condition("OfOthers")?.reason == "Looked")
    }

    @Test("says what is wrong with one that cannot, and names the field")
    func wrong() async throws {
        try await lanyard.create(template: "readwrite") { $0.creationStatements = [] }
        let condition = try #require(try await reconcile())
        #expect(condition.status == .no && condition.reason == "InvalidSpec")
        #expect(condition.message == "spec.creationStatements: must not be empty")
        try await lanyard.edit(template: "readwrite") { $0.creationStatements = ["CREATE"] }
        #expect(try await reconcile()?.status == .yes)
    }
}
