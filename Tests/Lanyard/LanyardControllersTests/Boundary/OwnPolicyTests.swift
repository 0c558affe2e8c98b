import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import Testing
import VaultClient
import VaultTesting

@Suite("Policies of the operator's own token")
struct OwnPolicyTests {
    private static let path = "sys/policies/acl/lanyard-operator"

    private let lanyard: TestOperator

    init() async throws {
        lanyard = try await TestOperator()
        // As a server answers a login, perhaps in capitals.
        lanyard.world.vault.ownPolicies = ["Lanyard-Operator", "default"]
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
    }

    private func acceptance() async throws -> Condition { try await lanyard.condition("Accepted", ofBinding: "web") }

    @Test("no binding has one for its own, in the very first pass, whatever boundary and annotation say")
    func names() async throws {
        let text: JSONValue = ["policy": "path \"sys/policies/acl/x\" { capabilities = [\"update\"] }"]
        lanyard.world.vault.foreignWrite(Self.path, text)
        let before = lanyard.world.vault.peek(Self.path)
        try await lanyard.create(binding: "web") { $0.policyName = "lanyard-operator" }
        _ = try await lanyard.world.api.mergePatch(
            VaultRoleBinding.self, ObjectKey(namespace: TestOperator.namespace, name: "web"),
            ["metadata": ["annotations": ["lanyard.dev/adopt": "true"]]])
        try await lanyard.reconcile(binding: "web")
        let accepted = try await acceptance()
        #expect(accepted.status == .no)
        #expect(accepted.message == "spec.policyName: must not be a name of the operator's own")
        #expect(lanyard.world.vault.peek(Self.path) == before)
        #expect(lanyard.journal.writes(to: "vault") == [])
        // Nor when the server has none of that name yet.
        lanyard.world.vault.foreignDelete(Self.path)
        try await lanyard.edit(binding: "web") {
            $0.policyName = nil
            $0.roleName = "lanyard-operator"
        }
        try await lanyard.reconcile(binding: "web")
        #expect(try await acceptance().message == "spec.roleName: must not be a name of the operator's own")
        #expect(lanyard.journal.writes(to: "vault") == [])
    }

    @Test("no token of a binding has one besides its own, though a boundary's pattern reaches it")
    func extraPolicies() async throws {
        var boundary = IdentityBoundary.permissive
        boundary.spec.vault?.extraPolicies = ["lanyard-*", "default"]
        lanyard.boundaries.set([boundary])
        try await lanyard.create(binding: "web") { $0.token = TokenSettings() }
        try await lanyard.edit(binding: "web") { $0.token?.extraPolicies = ["lanyard-operator"] }
        try await lanyard.reconcile(binding: "web")
        let accepted = try await acceptance()
        #expect(accepted.reason == "OutsideBoundary")
        #expect(accepted.message.contains("\"lanyard-operator\", a policy that Lanyard keeps"))
        #expect(lanyard.journal.writes(to: "vault") == [])
        // The policy that every token has is nobody's own.
        try await lanyard.edit(binding: "web") { $0.token?.extraPolicies = ["default"] }
        try await lanyard.reconcile(binding: "web")
        #expect(try await acceptance().status == .yes)
    }
}
