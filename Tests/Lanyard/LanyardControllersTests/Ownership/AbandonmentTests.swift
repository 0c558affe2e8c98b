import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import SPIREEmulator
import Testing
import VaultTesting

/// Where an end is to what a namespace leaves behind (threat T35).
@Suite("Namespaces that abandon what they have")
struct AbandonmentTests {
    private let lanyard: TestOperator

    init() async throws { lanyard = try await TestOperator() }

    private func gone(_ number: Int) -> OwnershipRecord.Owner {
        .init(kind: "VaultRoleBinding", namespace: TestOperator.namespace, name: "gone-\(number)", uid: "u-\(number)")
    }

    @Test("a namespace with a hundred records too many claims nothing new; what it has goes on, and so do others")
    func bindings() async throws {
        try await lanyard.create(binding: "api") { $0.roleName = "api" }
        try await lanyard.reconcile(binding: "api")
        // Two bindings, and one of them has no record yet.
        for number in 0..<101 {
            _ = try await lanyard.ledger.claim(["auth/kubernetes/role/gone-\(number)"], for: gone(number))
        }
        try await lanyard.create(binding: "web")
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        let refused = try await lanyard.condition("PolicySynced", ofBinding: "web")
        #expect(refused.reason == "Conflict" && refused.message.contains("has abandoned what at least 100 objects"))
        #expect(lanyard.world.vault.peek("auth/kubernetes/role/web") == nil)
        try await lanyard.edit(binding: "api") { spec in
            var token = TokenSettings()
            token.ttl = "5m"
            spec.token = token
        }
        try await lanyard.reconcile(binding: "api")
        #expect(try await lanyard.condition("Ready", ofBinding: "api").status == .yes)
        try await lanyard.ledger.release(["auth/kubernetes/role/gone-0"], of: gone(0))
        try await lanyard.reconcile(binding: "web")
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
    }

    @Test("a namespace with entries of a hundred identities too many gets none for another one")
    func identities() async throws {
        try await lanyard.create(identity: "api")
        try await lanyard.reconcile(identity: "api")
        let ids = (0..<101).map {
            EntryName.forIdentity(lanyard.key("gone-\($0)"), cluster: "sim")
        }
        lanyard.parts.inventory.doubt(ids)
        try await lanyard.create(identity: "web")
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(identity: "web") }
        let refused = try await lanyard.condition("EntriesSynced", ofIdentity: "web")
        #expect(refused.reason == "Conflict" && refused.message.contains("has abandoned what at least 100 objects"))
        try await lanyard.reconcile(identity: "api")
        #expect(try await lanyard.condition("EntriesSynced", ofIdentity: "api").status == .yes)
        lanyard.parts.inventory.remove(ids[0])
        try await lanyard.reconcile(identity: "web")
        #expect(try await lanyard.condition("EntriesSynced", ofIdentity: "web").status == .yes)
    }
}
