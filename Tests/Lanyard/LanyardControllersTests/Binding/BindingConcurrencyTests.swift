import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import TestSupport
import Testing
import VaultTesting

/// Calls that do not need each other's answers are under way at the same time, and no others.
@Suite("BindingReconciler: calls at the same time")
struct BindingConcurrencyTests {
    private static let policy = "sys/policies/acl/web"
    private static let role = "auth/kubernetes/role/web"
    private static let database = "database/roles/web_main"
    private static let counterpart = "database/static-roles/web_main"
    private static let finalizer = "kube patch namespaces/shop/vaultrolebindings/web"
    private static let record = "kube post namespaces/lanyard-system/ownershiprecords"

    private let lanyard: TestOperator

    init() async throws { lanyard = try await TestOperator() }

    private func object(_ path: String) -> JSONValue? { lanyard.world.vault.peek(path) }

    private func createConverged(_ fill: (inout VaultRoleBindingSpec) -> Void = { _ in }) async throws {
        try await lanyard.create(binding: "web", fill)
        try await lanyard.reconcile(binding: "web")
        lanyard.journal.clear()
    }

    /// Holds a call up until another one was sent, which never is if it comes after the first one's answer.
    private func hold(_ call: String, until other: String) {
        let journal = lanyard.journal
        journal.before(call) {
            try await eventually("\(other) is sent beside \(call)", within: .seconds(20)) {
                journal.calls.contains(other)
            }
        }
    }

    // MARK: - Reads

    @Test("what there is in Vault is read while the finalizer is stored, and nothing is written before (rule order-11)")
    func finalizer() async throws {
        try await lanyard.create(binding: "web") { $0.databaseRoles = [.sample()] }
        let journal = lanyard.journal
        journal.before(Self.finalizer) {
            for path in [Self.policy, Self.role, Self.database, Self.counterpart, "database/config/good"] {
                try await eventually("\(path) is read", within: .seconds(20)) {
                    journal.calls.contains("vault read \(path)")
                }
            }
            // All is known that a plan needs.
            for _ in 0..<200 { await Task.yield() }
            #expect(journal.writes == [Self.finalizer])
        }
        try await lanyard.reconcile(binding: "web")
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
        #expect(journal.writes.prefix(2) == [Self.finalizer, Self.record])
    }

    @Test("when the finalizer cannot be stored, nothing is claimed or written, whatever was read")
    func unwritable() async throws {
        try await lanyard.create(binding: "web") { $0.databaseRoles = [.sample()] }
        lanyard.journal.fail(Self.finalizer, with: KubernetesError(.forbidden, "no"))
        await #expect(throws: KubernetesError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(lanyard.journal.writes == [Self.finalizer])
        #expect(try await lanyard.records().isEmpty)
    }

    @Test("a role of the other kind that may be in the way of a new one is looked for with everything else")
    func counterpart() async throws {
        try await lanyard.create(binding: "web") { $0.databaseRoles = [.sample()] }
        hold("vault read \(Self.database)", until: "vault read \(Self.counterpart)")
        try await lanyard.reconcile(binding: "web")
        #expect(object(Self.database) != nil)
        #expect(lanyard.journal.calls.count { $0.hasPrefix("vault read ") } == 5)
    }

    @Test("of a role that is held and gone, it is looked for before that is made again")
    func counterpartOfGone() async throws {
        try await createConverged { $0.databaseRoles = [.sample()] }
        lanyard.world.vault.foreignDelete(Self.database)
        try await lanyard.reconcile(binding: "web")
        let calls = lanyard.journal.calls
        let looked = try #require(calls.firstIndex(of: "vault read \(Self.counterpart)"))
        let written = try #require(calls.firstIndex(of: "vault write \(Self.database)"))
        #expect(looked < written)
    }
}
