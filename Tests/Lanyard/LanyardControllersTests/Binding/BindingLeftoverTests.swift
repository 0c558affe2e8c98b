import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import Testing
import VaultTesting

/// While a part of what a spec asks for fails, what earlier specs asked for stays. There is an end to that (threat T35).
@Suite("BindingReconciler: what earlier specs have left")
struct BindingLeftoverTests {
    /// How many claims a spec leads to that fails at its JWT method: ten database roles, a policy and an auth role.
    private static let part = 12

    private let lanyard: TestOperator

    init() async throws { lanyard = try await TestOperator() }

    private func exists(_ path: String) -> Bool { lanyard.world.vault.peek(path) != nil }

    private func claims() async throws -> [String] { try await lanyard.records().flatMap(\.spec.claims).map(\.path) }

    /// A binding with a JWT method that is not there.
    private func create(_ fill: (inout VaultRoleBindingSpec) -> Void = { _ in }) async throws {
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        try await lanyard.create(binding: "web") { spec in
            spec.serviceAccountNames = nil
            spec.workloadIdentityRef = .init(name: "web")
            spec.jwtAuth = .init(mount: "missing", audiences: ["vault"])
            spec.databaseRoles = (0..<10).map { number in DatabaseRole.sample { $0.name = "main-\(number)" } }
            fill(&spec)
        }
    }

    private func rename(to name: String) async throws {
        try await lanyard.edit(binding: "web") { $0.roleName = name }
        _ = try? await lanyard.reconcile(binding: "web")
    }

    @Test("however often it is renamed, it holds no more than two of the largest specs; its last names are the way out")
    func renames() async throws {
        try await create()
        for number in 0..<16 { try await rename(to: "r\(number)") }
        let held = try await claims()
        #expect(held.count > HoldingLimit.limit && held.count <= HoldingLimit.limit + Self.part)
        #expect(!exists("sys/policies/acl/r15") && !held.contains("sys/policies/acl/r15"))
        let message = try await lanyard.condition("PolicySynced", ofBinding: "web").message
        #expect(message.contains("\(held.count) objects of earlier specs are still there"), "\(message)")
        #expect(message.contains("auth/missing/role/r15"), "\(message)")
        // Nothing new comes of further passes and names.
        for number in 16..<20 { try await rename(to: "r\(number)") }
        #expect(try await claims() == held)

        // What failed may be new, too.
        try await lanyard.edit(binding: "web") { spec in
            spec.roleName = "r3"
            spec.jwtAuth = .init(mount: "jwt", audiences: ["vault"])
        }
        try await lanyard.reconcile(binding: "web")
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
        #expect(try await claims().count == Self.part + 1)
        #expect(exists("auth/jwt/role/r3") && !exists("sys/policies/acl/r0") && !exists("database/roles/r0_main-0"))
        try await rename(to: "new")
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
        #expect(try await claims().count == Self.part + 1)
    }

    @Test("what a boundary takes away goes all the same")
    func withdrawal() async throws {
        try await create { spec in
            spec.databaseRoles = nil
            spec.access = Access(rules: [AccessRule(path: "transit/keys/web", capabilities: ["read"])])
        }
        try await rename(to: "old")
        #expect(exists("sys/policies/acl/old"))
        let owner = try #require(try await lanyard.records().first).spec.owner
        let former = (0..<HoldingLimit.limit).map { "auth/kubernetes/role/former-\($0)" }
        _ = try await lanyard.ledger.claim(former, for: owner)
        try await lanyard.edit(binding: "web") { $0.access = nil }
        try await rename(to: "new")
        #expect(exists("sys/policies/acl/old") && !exists("sys/policies/acl/new"))
        var boundary = IdentityBoundary.permissive
        boundary.spec.onViolation = .withdraw
        boundary.spec.vault?.paths?.removeAll { $0.path == "transit/*" }
        lanyard.boundaries.set([boundary])
        _ = try? await lanyard.reconcile(binding: "web")
        #expect(!exists("sys/policies/acl/old") && !exists("auth/kubernetes/role/old"))
    }

    @Test("under Retain nothing goes before the rest is in place that is wanted, is to stay, or is allowed")
    func retained() async throws {
        func role(_ name: String, _ connection: String) -> DatabaseRole {
            .sample { role in
                role.name = name
                role.connection = connection
            }
        }
        var kept = role("kept", "second")
        kept.deletionPolicy = .orphan
        let roles = [role("main", "good"), role("moved", "second"), role("left", "good"), kept]
        try await lanyard.create(binding: "web") { $0.databaseRoles = roles }
        try await lanyard.reconcile(binding: "web")
        var boundary = IdentityBoundary.permissive
        boundary.spec.vault?.databases?.removeAll { $0.connection == "second" }
        lanyard.boundaries.set([boundary])
        // It has to be made anew, which nobody has agreed to; so all waits.
        try await lanyard.edit(binding: "web") { $0.databaseRoles = [role("main", "good"), role("moved", "good")] }
        for _ in 0..<2 {
            await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
            for name in ["main", "moved", "left", "kept"] { #expect(exists("database/roles/web_\(name)"), "\(name)") }
        }
    }
}
