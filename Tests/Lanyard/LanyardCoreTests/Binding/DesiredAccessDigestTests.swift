import LanyardAPI
import LanyardCore
import Testing

@Suite("DesiredAccess: its digest")
struct DesiredAccessDigestTests {
    private func digest(
        name: String = "web", accounts: [String] = ["web"], tokenTTLCap: Int? = nil, creation: String = "CREATE ROLE",
        _ fill: (inout VaultRoleBindingSpec) -> Void = { _ in }
    ) throws -> String {
        let binding = VaultRoleBinding.sample(name: name) { spec in
            spec.databaseRoles = [.sample { $0.statements = .init(creation: [creation]) }]
            fill(&spec)
        }
        let access = try BindingPlanner.desired(
            for: binding, subject: .serviceAccounts(accounts), settings: .sample(), tokenTTLCap: tokenTTLCap
        ).get()
        return try #require(access.digest)
    }

    @Test("is the same for the same, in this and in every process")
    func stable() throws {
        #expect(try digest() == digest())
        #expect(try digest().count == 32)
    }

    @Test("is another one for everything that changes what is written")
    func differs() throws {
        let all = [
            try digest(), try digest(name: "api"), try digest(accounts: ["api"]), try digest(tokenTTLCap: 3600),
            try digest(creation: "CREATE ROLE other"), try digest { $0.roleName = "other" },
            try digest { $0.access = Access(kv: [KVAccess(path: "x", permissions: ["Read"])]) },
            try digest { $0.databaseRoles = nil }, try digest { $0.kubernetesAuth = .init(audience: "vault") },
        ]
        #expect(Set(all).count == all.count)
    }

    @Test("is the same whatever is done about changes by hand, or at the end")
    func policies() throws {
        let plain = try digest()
        #expect(try digest { $0.driftPolicy = .report } == plain)
        #expect(try digest { $0.deletionPolicy = .orphan } == plain)
        #expect(try digest { $0.databaseRoles?[0].recreatePolicy = .recreate } == plain)
    }
}
