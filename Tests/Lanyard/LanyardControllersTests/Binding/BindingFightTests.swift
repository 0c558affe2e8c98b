import ControllerRuntime
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardControllers
import LanyardCore
import Testing
import VaultTesting

/// Two writers on one object in Vault: each correction is an event, and the condition says that there is a fight.
@Suite("BindingReconciler: fights")
struct BindingFightTests {
    private static let role = "auth/kubernetes/role/web"
    private let lanyard: TestOperator

    init() async throws { lanyard = try await TestOperator() }

    private func condition(_ type: String = "AuthRolesSynced") async throws -> Condition {
        try await lanyard.condition(type, ofBinding: "web")
    }

    private static func token(_ ttl: String) -> TokenSettings {
        var token = TokenSettings()
        token.ttl = ttl
        return token
    }

    /// Somebody changes the role, and some minutes later it is looked at.
    private func upset() async throws {
        let ttl = Int64(1_200 + lanyard.clock.now.components.seconds)
        lanyard.world.vault.foreignWrite(Self.role, ["token_ttl": .integer(ttl)])
        lanyard.clock.advance(by: .seconds(300))
        try await lanyard.reconcile(binding: "web")
    }

    @Test("from the third time on, the condition says which field keeps being changed and how often, and stays true")
    func fight() async throws {
        try await lanyard.create(binding: "web") { $0.token = Self.token("1h") }
        try await lanyard.reconcile(binding: "web")
        for _ in 0..<2 {
            try await upset()
            #expect(try await condition().message == "the auth roles are as declared")
        }
        try await upset()
        let told = try await condition()
        #expect(told.status == .yes && told.reason == "Synced")
        #expect(told.message.contains("auth role web (token_ttl)") && told.message.contains("3 times"))
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
        #expect(try await condition("PolicySynced").message == "the policy is as declared")
        // It stays what it is while nothing happens.
        lanyard.clock.advance(by: .seconds(300))
        lanyard.journal.clear()
        let result = try await lanyard.reconcile(binding: "web")
        #expect(lanyard.journal.writes == [])
        // And it ends by itself, at the latest when too few of the corrections count.
        #expect(try #require(result.requeueAfter) <= .seconds(900))
        lanyard.clock.advance(by: .seconds(1_200))
        try await lanyard.reconcile(binding: "web")
        #expect(try await condition().message == "the auth roles are as declared")
    }

    @Test("a policy that keeps being deleted is fought over as well")
    func deletions() async throws {
        try await lanyard.create(binding: "web")
        try await lanyard.reconcile(binding: "web")
        for _ in 0..<4 {
            lanyard.world.vault.foreignDelete("sys/policies/acl/web")
            lanyard.clock.advance(by: .seconds(60))
            try await lanyard.reconcile(binding: "web")
        }
        let message = try await condition("PolicySynced").message
        #expect(message.contains("policy web (existence)") && message.contains("4 times"))
    }

    @Test("changes of the author are no fight")
    func authors() async throws {
        try await lanyard.create(binding: "web")
        try await lanyard.reconcile(binding: "web")
        for minutes in 1...5 {
            try await lanyard.edit(binding: "web") { $0.token = Self.token("\(minutes)m") }
            try await lanyard.reconcile(binding: "web")
        }
        #expect(try await condition().message == "the auth roles are as declared")
    }
}
