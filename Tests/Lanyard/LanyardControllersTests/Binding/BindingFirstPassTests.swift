import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardControllers
import Testing
import VaultClient
import VaultTesting

/// A process that starts where many bindings are as declared.
@Suite("BindingReconciler: first passes after a start")
struct BindingFirstPassTests {
    private static let listing = "vault details sys/policies/detailed/acl"
    private static let names = (0..<40).map { "web\($0)" }

    private let lanyard: TestOperator

    init() async throws {
        let former = try await TestOperator()
        for name in Self.names {
            try await former.create(binding: name) { $0.roleName = name }
            try await former.reconcile(binding: name)
        }
        lanyard = try await TestOperator(in: former.world)
    }

    private static func path(_ name: String) -> String { "sys/policies/acl/\(name)" }

    private var vault: InMemoryVault { lanyard.world.vault }

    private var readPolicies: [String] {
        lanyard.journal.calls.filter { $0.hasPrefix("vault read sys/policies/") }
    }

    private func passAll() async throws {
        for name in Self.names {
            try await lanyard.reconcile(binding: name)
            #expect(try await lanyard.condition("Ready", ofBinding: name).status == .yes)
        }
    }

    private func change(_ name: String, to comment: String) {
        let text = "\(comment)\npath \"x\" {\n  capabilities = [\"read\"]\n}\n"
        vault.foreignWrite(Self.path(name), ["policy": .string(text)])
    }

    private func text(_ name: String) -> String? { vault.peek(Self.path(name))?["policy"]?.string }

    @Test("on OpenBao one call reads their policies; second passes read their own (rule vault-25)")
    func listed() async throws {
        try await passAll()
        #expect(lanyard.journal.calls.count { $0 == Self.listing } == 1)
        #expect(readPolicies.isEmpty && lanyard.journal.writes(to: "vault").isEmpty)
        try await lanyard.reconcile(binding: "web7")
        #expect(readPolicies == ["vault read \(Self.path("web7"))"])
    }

    @Test("where that is refused, each pass reads, and nobody is told")
    func refused() async throws {
        lanyard.journal.fail(Self.listing, with: VaultError(.permissionDenied, "permission denied"))
        try await passAll()
        #expect(lanyard.journal.calls.count { $0 == Self.listing } == 1)
        #expect(readPolicies == Self.names.map { "vault read \(Self.path($0))" })
        #expect(lanyard.events.all.isEmpty)
    }

    @Test("a policy that is gone is looked for by itself and made again")
    func gone() async throws {
        vault.foreignDelete(Self.path("web1"))
        try await passAll()
        #expect(readPolicies == ["vault read \(Self.path("web1"))"])
        #expect(lanyard.journal.writes(to: "vault") == ["vault write \(Self.path("web1"))"])
        #expect(text("web1")?.isEmpty == false)
    }

    @Test("one that differs is corrected by what was listed, if nobody has changed it since")
    func drift() async throws {
        change("web1", to: "# theirs")
        try await passAll()
        #expect(readPolicies.isEmpty)
        #expect(lanyard.journal.writes(to: "vault") == ["vault write \(Self.path("web1"))"])
        #expect(text("web1")?.contains("theirs") == false)
    }

    @Test("what somebody writes after a listing is not overwritten by a plan that was made of it")
    func changedSince() async throws {
        change("web1", to: "# theirs")
        try await lanyard.reconcile(binding: "web0")
        change("web1", to: "# theirs, again")
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web1") }
        #expect(text("web1")?.hasPrefix("# theirs, again") == true)
        #expect(readPolicies.isEmpty)
        // By what it reads itself.
        try await lanyard.reconcile(binding: "web1")
        #expect(text("web1")?.contains("theirs") == false)
        #expect(readPolicies == ["vault read \(Self.path("web1"))"])
    }

    @Test("a listing of more than a second ago says nothing")
    func old() async throws {
        try await lanyard.reconcile(binding: "web0")
        lanyard.clock.advance(by: .seconds(2))
        change("web1", to: "# theirs")
        try await lanyard.reconcile(binding: "web1")
        #expect(text("web1")?.contains("theirs") == false)
    }
}
