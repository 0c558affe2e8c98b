import ControllerRuntime
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardControllers
import LanyardCore
import SPIREClient
import SPIREEmulator
import Testing

/// ServiceAccounts that resources name and that do not exist: most often a misspelt name.
@Suite("ServiceAccounts that do not exist")
struct MissingAccountTests {
    private let lanyard: TestOperator

    init() async throws { lanyard = try await TestOperator(looksForAccounts: true) }

    private func create(account name: String) async throws {
        _ = try await lanyard.world.api.create(
            ServiceAccountMetadata(metadata: ObjectMeta(name: name, namespace: TestOperator.namespace)))
    }

    private func reads() -> [String] { lanyard.journal.calls.filter { $0.contains("serviceaccounts") } }

    @Test("an identity says so beside being Ready, and no longer when it is there")
    func identity() async throws {
        try await lanyard.create(identity: "web") { $0.serviceAccountName = "typo-sa" }
        let result = try await lanyard.reconcile(identity: "web")
        var accepted = try await lanyard.condition("Accepted", ofIdentity: "web")
        #expect(accepted.status == .yes)
        #expect(accepted.message == "the spec is valid; there is no ServiceAccount typo-sa yet")
        #expect(try await lanyard.condition("Ready", ofIdentity: "web").status == .yes)
        #expect(lanyard.notes("AnnotationIgnored").isEmpty)
        #expect(try #require(result.requeueAfter) <= .seconds(72))
        try await create(account: "typo-sa")
        lanyard.clock.advance(by: .seconds(60))
        #expect(try await lanyard.reconcile(identity: "web").isRest)
        accepted = try await lanyard.condition("Accepted", ofIdentity: "web")
        #expect(accepted.message == "the spec is valid")
    }

    @Test("a binding names the first and counts the others")
    func binding() async throws {
        try await create(account: "there")
        try await lanyard.create(binding: "web") { $0.serviceAccountNames = ["there", "zebra", "ghost"] }
        try await lanyard.reconcile(binding: "web")
        let resolved = try await lanyard.condition("IdentityResolved", ofBinding: "web")
        #expect(resolved.status == .yes)
        #expect(resolved.message.hasSuffix("; there is no ServiceAccount ghost (and 1 more) yet"))
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
    }

    @Test("only metadata is read, once, and what cannot be read is taken to exist")
    func reading() async throws {
        try await create(account: "web")
        lanyard.journal.fail("kube get", with: KubernetesError(.forbidden, "no"))
        try await lanyard.create(identity: "api")
        try await lanyard.reconcile(identity: "api")
        #expect(try await lanyard.condition("Accepted", ofIdentity: "api").message == "the spec is valid")
        lanyard.journal.heal()
        lanyard.journal.clear()
        try await lanyard.create(identity: "web")
        for _ in 0..<5 { try await lanyard.reconcile(identity: "web") }
        #expect(reads().count == 1)
    }

    @Test("many in one moment are not all looked for")
    func many() async throws {
        try await lanyard.create(binding: "web") { $0.serviceAccountNames = (100..<150).map { "app-\($0)" } }
        try await lanyard.reconcile(binding: "web")
        #expect(reads().count == 10)
    }
}
