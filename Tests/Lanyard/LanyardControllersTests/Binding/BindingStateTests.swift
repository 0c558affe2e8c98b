import ControllerRuntime
import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import Testing
import VaultClient
import VaultTesting

/// What a binding was converged to is the ledger's to say. A change of what is wanted, wherever it comes from, is never
/// taken for a change by hand, which `driftPolicy: Report` would leave standing.
@Suite("BindingReconciler: what it was converged to")
struct BindingStateTests {
    private static let policy = "sys/policies/acl/web"
    private static let role = "auth/kubernetes/role/web"
    private static let database = "database/roles/web_main"

    private let lanyard: TestOperator

    init() async throws { lanyard = try await TestOperator() }

    private func object(_ path: String) -> JSONValue? { lanyard.world.vault.peek(path) }

    private func access(_ path: String) -> Access { Access(kv: [KVAccess(path: path, permissions: ["Read"])]) }

    private func text() -> String { object(Self.policy)?["policy"]?.string ?? "" }

    private func digest() async throws -> String? { try await lanyard.records().first?.spec.convergedDigest }

    /// A binding that only reports drift, all in place.
    private func createConverged(_ fill: (inout VaultRoleBindingSpec) -> Void = { _ in }) async throws {
        try await lanyard.create(binding: "web") { spec in
            spec.driftPolicy = .report
            fill(&spec)
        }
        try await lanyard.reconcile(binding: "web")
        lanyard.journal.clear()
    }

    private func tighten(_ change: (inout IdentityBoundarySpec) -> Void) {
        var boundary = IdentityBoundary.permissive
        change(&boundary.spec)
        lanyard.boundaries.set([boundary])
    }

    @Test(
        "a cap that a boundary lowers reaches the role where drift is only reported, and is no drift",
        arguments: [true, false])
    func loweredCap(isRestarted: Bool) async throws {
        tighten { $0.vault?.maxTokenTTL = "24h" }
        try await createConverged()
        #expect(object(Self.role)?["token_max_ttl"] == 86_400)
        let current = try await isRestarted ? TestOperator(in: lanyard.world) : lanyard
        var boundary = IdentityBoundary.permissive
        boundary.spec.vault?.maxTokenTTL = "1h"
        current.boundaries.set([boundary])
        try await current.reconcile(binding: "web")
        #expect(object(Self.role)?["token_max_ttl"] == 3600)
        #expect(current.notes("DriftDetected") == [] && current.notes("DriftCorrected") == [])
        #expect(try await current.condition("Ready", ofBinding: "web").status == .yes)
    }

    @Test("a status that says that a narrower spec is in place keeps nobody's access", arguments: [true, false])
    func forgedStatus(isRestarted: Bool) async throws {
        try await createConverged { $0.access = access("wide/*") }
        try await lanyard.edit(binding: "web") { $0.access = access("narrow") }
        var binding = try await lanyard.binding("web")
        for index in (binding.status?.conditions ?? []).indices {
            binding.status?.conditions?[index].status = .yes
            binding.status?.conditions?[index].observedGeneration = binding.metadata.generation
        }
        _ = try await lanyard.world.api.applyStatus(
            VaultRoleBinding.self, binding.key, uid: binding.metadata.uid ?? "", resourceVersion: nil,
            status: try JSONValue(encoding: binding.status), fieldManager: "tenant")
        let current = try await isRestarted ? TestOperator(in: lanyard.world) : lanyard
        try await current.reconcile(binding: "web")
        #expect(text().contains("narrow") && !text().contains("wide"))
        #expect(current.notes("DriftDetected") == [])
    }

    @Test("a change by hand is known for one by a new process, too, without any status")
    func restarted() async throws {
        try await createConverged()
        #expect(try await digest() != nil)
        lanyard.world.vault.foreignWrite(Self.role, ["token_ttl": 999])
        let binding = try await lanyard.binding("web")
        _ = try await lanyard.world.api.applyStatus(
            VaultRoleBinding.self, binding.key, uid: binding.metadata.uid ?? "", resourceVersion: nil, status: [:],
            fieldManager: "lanyard")
        let successor = try await TestOperator(in: lanyard.world)
        try await successor.reconcile(binding: "web")
        #expect(successor.journal.writes(to: "vault") == [])
        #expect(try await successor.condition("AuthRolesSynced", ofBinding: "web").reason == "DriftDetected")
    }

    @Test("what is half written for another spec is no change by hand when the spec goes back")
    func halfWritten() async throws {
        try await createConverged { $0.access = access("narrow") }
        let before = try await digest()
        try await lanyard.edit(binding: "web") { spec in
            spec.access = access("wide/*")
            spec.token = .init()
            spec.token?.ttl = "1h"
        }
        lanyard.journal.fail("vault write \(Self.role)", with: VaultError(.rejected, "no"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(text().contains("wide"))
        #expect(try await digest() == nil)
        lanyard.journal.heal()
        try await lanyard.edit(binding: "web") { spec in
            spec.access = access("narrow")
            spec.token = nil
        }
        let successor = try await TestOperator(in: lanyard.world)
        try await successor.reconcile(binding: "web")
        #expect(text().contains("narrow") && !text().contains("wide"))
        #expect(try await digest() == before)
    }

    @Test("a rule that a policy had to do without comes back, drift only reported or not")
    func returnedRule() async throws {
        try await createConverged { $0.databaseRoles = [.sample()] }
        // Somebody moves the role to another database.
        lanyard.world.vault.foreignWrite(Self.database, ["db_name": "second"])
        _ = try? await lanyard.reconcile(binding: "web")
        #expect(!text().contains("database/creds"))
        #expect(try await digest() == nil)
        lanyard.world.vault.foreignWrite(Self.database, ["db_name": "good"])
        try await lanyard.reconcile(binding: "web")
        #expect(text().contains("database/creds/web_main"))
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
    }

    @Test(
        "that an earlier object of the name was converged says nothing of a later one, not even in its second pass",
        arguments: [false, true])
    func namesake(isUnread: Bool) async throws {
        try await createConverged { $0.access = access("web") }
        var binding = try await lanyard.binding("web")
        binding.metadata.finalizers = []
        _ = try await lanyard.world.api.replace(binding)
        try await lanyard.delete(binding: "web")
        lanyard.world.vault.foreignWrite(Self.role, ["token_ttl": 999])
        try await lanyard.create(binding: "web") { spec in
            spec.driftPolicy = .report
            spec.access = access("web")
        }
        if isUnread {
            // The record gets its name, and nothing is written.
            lanyard.journal.fail("vault read \(Self.role)", with: VaultError(.permissionDenied, "permission denied"))
            await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
            lanyard.journal.heal()
        }
        try await lanyard.reconcile(binding: "web")
        #expect(object(Self.role)?["token_ttl"] == 0)
        #expect(lanyard.notes("DriftDetected") == [])
    }

    // MARK: - Withdrawals

    /// Has all taken away that there is.
    private func forbid() {
        tighten {
            $0.onViolation = .withdraw
            $0.vault?.names = []
        }
    }

    /// That all is there which had been taken away, and nobody missed it.
    private func expectMadeAgain(by current: TestOperator) async throws {
        try await current.reconcile(binding: "web")
        #expect(object(Self.role) != nil && object(Self.policy) != nil)
        #expect(current.notes("DriftDetected") == [])
        #expect(try await current.condition("Ready", ofBinding: "web").status == .yes)
    }

    @Test("what was withdrawn in part is made again, and is not missed as if somebody had deleted it")
    func withdrawnInPart() async throws {
        try await createConverged()
        forbid()
        lanyard.journal.fail("vault delete \(Self.policy)", with: VaultError(.permissionDenied, "permission denied"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(object(Self.role) == nil)
        lanyard.journal.heal()
        lanyard.boundaries.set([.permissive])
        try await expectMadeAgain(by: lanyard)
    }

    @Test(
        "what a process was withdrawing when it ended is made again, and is not missed as if somebody had deleted it",
        arguments: [Self.role, Self.policy])
    func endedInWithdrawal(last: String) async throws {
        try await createConverged()
        forbid()
        lanyard.journal.before("vault delete \(last)") { [journal = lanyard.journal] in journal.crash(after: 0) }
        await #expect(throws: (any Error).self) { try await lanyard.reconcile(binding: "web") }
        #expect(object(Self.role) == nil && (object(Self.policy) == nil) == (last == Self.policy))
        #expect(try await lanyard.records().isEmpty == false)
        try await expectMadeAgain(by: TestOperator(in: lanyard.world))
    }

    @Test("what was withdrawn without an answer is made again, and is not missed as if somebody had deleted it")
    func withdrawnWithoutAnswer() async throws {
        try await createConverged()
        forbid()
        let vault = lanyard.world.vault
        lanyard.journal.before("vault delete \(Self.role)") {
            vault.foreignDelete(Self.role)
            throw VaultError(.slow, "no answer")
        }
        await #expect(throws: (any Error).self) { try await lanyard.reconcile(binding: "web") }
        #expect(object(Self.role) == nil && object(Self.policy) != nil)
        #expect(lanyard.ledger.holder(of: Self.role) != nil)
        lanyard.boundaries.set([.permissive])
        try await expectMadeAgain(by: lanyard)
    }

    @Test(
        "what was withdrawn while the ledger could not be written is not missed as if somebody had deleted it",
        arguments: [0, 1])
    func withdrawnUnrecorded(stored: Int) async throws {
        try await createConverged()
        forbid()
        let record = "kube put namespaces/lanyard-system/ownershiprecords/shop.web"
        for _ in 0..<stored { lanyard.journal.before(record) {} }
        lanyard.journal.before(record) { throw KubernetesError(.timeout, "no answer") }
        await #expect(throws: (any Error).self) { try await lanyard.reconcile(binding: "web") }
        // Nothing goes before the ledger says that it is not as it was.
        #expect((object(Self.role) == nil) == (stored > 0) && (object(Self.policy) == nil) == (stored > 0))
        #expect(lanyard.ledger.holder(of: Self.role) != nil && lanyard.ledger.holder(of: Self.policy) != nil)
        lanyard.boundaries.set([.permissive])
        try await expectMadeAgain(by: lanyard)
    }

    // MARK: - When the digest is stored

    @Test("the digest is stored once, after all is in place, and neither drift nor what is done about it changes it")
    func digestWrites() async throws {
        let record = "kube put namespaces/lanyard-system/ownershiprecords/shop.web"
        try await lanyard.create(binding: "web")
        try await lanyard.reconcile(binding: "web")
        #expect(lanyard.journal.writes.last == record)
        lanyard.journal.clear()
        try await lanyard.reconcile(binding: "web")
        #expect(lanyard.journal.writes == [])
        let before = try await digest()
        try await lanyard.edit(binding: "web") { $0.driftPolicy = .report }
        try await lanyard.reconcile(binding: "web")
        lanyard.world.vault.foreignWrite(Self.role, ["token_ttl": 999])
        try await lanyard.reconcile(binding: "web")
        #expect(try await digest() == before)
        #expect(!lanyard.journal.writes.contains(record))
        // Another state is forgotten before the first write, and noted after the last one.
        lanyard.journal.clear()
        try await lanyard.edit(binding: "web") { $0.serviceAccountNames = ["api"] }
        try await lanyard.reconcile(binding: "web")
        let writes = lanyard.journal.writes.filter { !$0.hasSuffix("/status") }
        #expect(writes == [record, "vault write \(Self.role)", record])
        #expect(try await digest() != before)
    }
}
