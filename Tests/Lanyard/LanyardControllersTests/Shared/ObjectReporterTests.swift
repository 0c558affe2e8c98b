import ControllerRuntime
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import Testing

@testable import LanyardControllers

@Suite("ObjectReporter")
struct ObjectReporterTests {
    private let world: SimulatedWorld
    private let store = Store<VaultRoleBinding>()
    private let reporter: ObjectReporter<VaultRoleBinding>

    init() throws {
        world = try SimulatedWorld(seed: 1)
        reporter = ObjectReporter(api: world.api, store: store, events: RecordedEvents())
    }

    private func create(_ name: String) async throws -> VaultRoleBinding {
        var spec = VaultRoleBindingSpec()
        spec.serviceAccountNames = ["web"]
        return try await world.api.create(
            VaultRoleBinding(metadata: ObjectMeta(name: name, namespace: "shop"), spec: spec))
    }

    @Test("of objects that vanish without being let go nothing stays, and of one name one is known")
    func vanishing() async throws {
        for round in 0..<20 {
            let stored = try await reporter.withFinalizer(try await create("web"))
            try await reporter.ensureLive(stored)
            _ = try await world.api.mergePatch(
                VaultRoleBinding.self, stored.key, ["metadata": ["finalizers": .array([])]])
            try await world.api.delete(VaultRoleBinding.self, stored.key, uid: nil)
            #expect(reporter.proven.count == 1, "round \(round)")
        }
        reporter.forget(ObjectKey(namespace: "shop", name: "web"))
        #expect(reporter.proven.count == 0)
    }

    @Test("a namesake is not taken for the one that was seen")
    func namesake() async throws {
        let first = try await reporter.withFinalizer(try await create("web"))
        #expect(reporter.proven.contains(first.metadata.uid ?? "", of: first.key))
        #expect(!reporter.proven.contains("another", of: first.key))
        _ = try await world.api.mergePatch(VaultRoleBinding.self, first.key, ["metadata": ["finalizers": .array([])]])
        try await world.api.delete(VaultRoleBinding.self, first.key, uid: nil)
        _ = try await create("web")
        // Known to be alive once; the API server is asked again about every other one.
        var second = first
        second.metadata.uid = "another"
        await #expect(throws: StaleObject.self) { try await reporter.ensureLive(second) }
    }

    @Test("what the cache does not hold whole is read from the API server, and nothing else is")
    func whole() async throws {
        let stored = try await create("web")
        var part = stored
        part.spec = .init()
        #expect(try await reporter.whole(part) == part)
        part.metadata.leftOut = [.namespaceShare]
        #expect(try await reporter.whole(part) == stored)
        part.metadata.uid = "another"
        await #expect(throws: StaleObject.self) { _ = try await reporter.whole(part) }
        part.metadata.name = "gone"
        await #expect(throws: StaleObject.self) { _ = try await reporter.whole(part) }
    }

    /// A status that is larger than what the cache holds of one.
    private static var large: VaultRoleBindingStatus {
        var status = VaultRoleBindingStatus()
        status.serviceAccounts = (0..<1_000).map { "a-name-of-a-service-account-\($0)" }
        status.spiffeID = "spiffe://example.org/web"
        status.databaseRoleTemplates = [.init(name: "readwrite", uid: "1", generation: 1)]
        status.conditions = [
            condition("Ready", .yes), condition("DatabaseRolesSynced", .yes), condition("Reconciling", .yes),
        ]
        return status
    }

    private static func condition(_ type: String, _ status: Condition.Status) -> Condition {
        Condition(
            type: type, status: status, reason: "Ready", message: String(repeating: "as declared ", count: 20),
            lastTransitionTime: "2026-11-30T10:00:00Z")
    }

    @Test("of a status that is too large for the cache nothing stays that the next one does not have")
    func largeStatus() async throws {
        let created = try await reporter.withFinalizer(try await create("web"))
        try await reporter.report(Self.large, on: created)
        let cached = try #require(try await world.api.get(VaultRoleBinding.self, created.key))
        #expect(cached.metadata.leftOut == [.status] && cached.status?.serviceAccounts == nil)
        let whole = try await reporter.whole(cached)
        #expect(whole.metadata.leftOut == [] && whole.status == Self.large)

        var small = VaultRoleBindingStatus()
        small.serviceAccounts = ["web"]
        small.conditions = [Self.condition("Ready", .no)]
        // What was made from a part of a status would leave the rest of it there.
        await #expect(throws: StaleObject.self) { try await reporter.report(small, on: cached) }
        try await reporter.report(small, on: whole)
        #expect(try await world.api.get(VaultRoleBinding.self, created.key)?.status == small)
    }

    @Test("an object that gets the finalizer keeps its whole status")
    func largeStatusBeforeFinalizer() async throws {
        let created = try await create("web")
        try await reporter.report(Self.large, on: created)
        let cached = try #require(try await world.api.get(VaultRoleBinding.self, created.key))
        let stored = try await reporter.withFinalizer(cached)
        #expect(stored.metadata.hasCleanupFinalizer && stored.status == Self.large)
    }

    @Test("an object that gets another spec while its finalizer is stored is not the one that was decided on")
    func editedBesideFinalizer() async throws {
        let created = try await create("web")
        try await reporter.report(Self.large, on: created)
        let cached = try #require(try await world.api.get(VaultRoleBinding.self, created.key))
        let journal = Journal()
        let watched = ObjectReporter(
            api: RecordingKubernetes(base: world.api, journal: journal), store: store, events: RecordedEvents())
        journal.before("kube get namespaces/shop/vaultrolebindings/web") { [api = world.api] in
            _ = try await api.mergePatch(
                VaultRoleBinding.self, created.key, ["spec": ["serviceAccountNames": ["other"]]])
        }
        await #expect(throws: StaleObject.self) { _ = try await watched.withFinalizer(cached) }
        let live = try #require(try await world.api.get(VaultRoleBinding.self, created.key))
        #expect(live.metadata.hasCleanupFinalizer && live.metadata.generation != cached.metadata.generation)
    }
}
