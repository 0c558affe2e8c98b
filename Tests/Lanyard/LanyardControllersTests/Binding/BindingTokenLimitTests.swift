import ControllerRuntime
import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import Testing
import VaultClient
import VaultTesting

/// While it is not known who gets the access of a binding, or its spec is not accepted, its roles stay for whom they are, and a
/// lowered cap reaches them.
@Suite("BindingReconciler: token limits that wait for nothing")
struct BindingTokenLimitTests {
    private static let role = "auth/kubernetes/role/web"
    private static let jwtRole = "auth/jwt/role/web"

    private let lanyard: TestOperator

    init() async throws { lanyard = try await TestOperator() }

    private func object(_ path: String) -> JSONValue? { lanyard.world.vault.peek(path) }

    private func longest(_ path: String) -> JSONValue? { object(path)?["token_max_ttl"] }

    private func createBinding(_ fill: (inout VaultRoleBindingSpec) -> Void = { _ in }) async throws {
        try await lanyard.create(binding: "web") { spec in
            spec.serviceAccountNames = nil
            spec.workloadIdentityRef = .init(name: "web")
            spec.jwtAuth = .init(audiences: ["vault"])
            spec.databaseRoles = [.sample()]
            fill(&spec)
        }
    }

    /// An identity and its binding, all in place, with tokens of a day.
    private func createConverged(_ fill: (inout VaultRoleBindingSpec) -> Void = { _ in }) async throws {
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        try await createBinding(fill)
        try await lanyard.reconcile(binding: "web")
        let ready = try await lanyard.condition("Ready", ofBinding: "web")
        #expect(ready.status == .yes, "\(ready.message)")
        #expect(longest(Self.role) == 86_400)
        lanyard.journal.clear()
    }

    private static func capped(
        at longest: String = "1h", _ fill: (inout IdentityBoundarySpec) -> Void = { _ in }
    ) -> IdentityBoundary {
        var boundary = IdentityBoundary.permissive
        boundary.spec.vault?.maxTokenTTL = longest
        fill(&boundary.spec)
        return boundary
    }

    private func cap(at longest: String, in current: TestOperator? = nil) {
        (current ?? lanyard).boundaries.set([Self.capped(at: longest)])
    }

    /// Nothing is other than before but how long tokens live.
    private func expectOnlyLowered(since before: [String: JSONValue]) async throws {
        let after = try await lanyard.world.external().objects
        #expect(after.count == before.count)
        for (path, object) in before {
            var members = try #require(object.object)
            if path == Self.role || path == Self.jwtRole { members["token_max_ttl"] = 3600 }
            #expect(after[path] == .object(members))
        }
    }

    /// A mount that no boundary allows.
    private func leaveBoundary() async throws {
        try await lanyard.edit(binding: "web") { $0.kubernetesAuth = .init(mount: "elsewhere") }
    }

    /// An edit that the identity has had no pass after.
    private func editIdentity() async throws {
        try await lanyard.edit(identity: "web") { $0.serviceAccountName = "other" }
    }

    @Test("an edited identity holds off no lowered cap; nothing else moves before its pass", arguments: [false, true])
    func edited(isRestarted: Bool) async throws {
        try await createConverged()
        let before = try await lanyard.world.external().objects
        let status = try await lanyard.binding("web").status
        let current = try await isRestarted ? TestOperator(in: lanyard.world) : lanyard
        try await editIdentity()
        cap(at: "1h", in: current)
        let result = try await current.reconcile(binding: "web")
        #expect(result.requeueAfter != nil)
        #expect(
            current.journal.writes(to: "vault") == ["vault write \(Self.jwtRole)", "vault write \(Self.role)"])
        try await expectOnlyLowered(since: before)
        // Nothing that it says of itself is untrue, and the rest is over in a moment.
        #expect(try await lanyard.binding("web").status == status)
        #expect(current.notes("AuthRoleUpdated").last?.contains("token_max_ttl: 24h, wanted 1h") == true)
        current.journal.clear()
        try await current.reconcile(binding: "web")
        #expect(current.journal.writes == [])
        try await current.reconcile(identity: "web")
        try await current.reconcile(binding: "web")
        #expect(object(Self.role)?["bound_service_account_names"] == ["other"] && longest(Self.role) == 3600)
        #expect(object(Self.jwtRole)?["bound_subject"] == "spiffe://sim.example/ns/shop/sa/other")
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
        #expect(current.notes("DriftCorrected") == [])
    }

    @Test("without a lowered cap nothing is read")
    func unchanged() async throws {
        try await createConverged()
        try await editIdentity()
        try await lanyard.reconcile(binding: "web")
        #expect(lanyard.journal.calls == [])
    }

    @Test("no role is made, neither one that is new in the spec nor one that goes at that moment")
    func absent() async throws {
        try await createConverged { $0.jwtAuth = nil }
        try await lanyard.edit(binding: "web") { $0.jwtAuth = .init(audiences: ["vault"]) }
        try await editIdentity()
        cap(at: "1h")
        let vault = lanyard.world.vault
        lanyard.journal.before("vault write \(Self.role)") { vault.foreignDelete(Self.role) }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        try await lanyard.reconcile(binding: "web")
        #expect(object(Self.role) == nil && object(Self.jwtRole) == nil)
        try await lanyard.reconcile(identity: "web")
        try await lanyard.reconcile(binding: "web")
        #expect(longest(Self.role) == 3600 && longest(Self.jwtRole) == 3600)
    }

    @Test("a role that the spec names no more is held to it as long as it is there")
    func renamed() async throws {
        try await createConverged()
        try await lanyard.edit(binding: "web") { $0.roleName = "api" }
        try await editIdentity()
        cap(at: "1h")
        try await lanyard.reconcile(binding: "web")
        #expect(longest(Self.role) == 3600 && longest(Self.jwtRole) == 3600)
        #expect(object("auth/kubernetes/role/api") == nil && object("sys/policies/acl/api") == nil)
    }

    @Test("so is one whose new name is another's, though the identity be as it was; what stands against it is said")
    func unfinished() async throws {
        try await createConverged()
        try await lanyard.create(binding: "api") { $0.roleName = "api" }
        try await lanyard.reconcile(binding: "api")
        try await lanyard.edit(binding: "web") { $0.roleName = "api" }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(longest(Self.role) == 86_400)
        cap(at: "1h")
        lanyard.journal.fail("vault write \(Self.jwtRole)", with: VaultError(.permissionDenied, "no"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(longest(Self.role) == 3600 && longest(Self.jwtRole) == 86_400)
        let synced = try await lanyard.condition("AuthRolesSynced", ofBinding: "web")
        #expect(synced.message.hasPrefix("tokens may live longer than the boundary says: \(Self.jwtRole): "))
        lanyard.journal.heal()
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(longest(Self.jwtRole) == 3600)
    }

    @Test("so is what an earlier binding of the name left, and it stays that one's")
    func namesake() async throws {
        try await createConverged()
        var binding = try await lanyard.binding("web")
        let uid = binding.metadata.uid
        binding.metadata.finalizers = []
        _ = try await lanyard.world.api.replace(binding)
        try await lanyard.delete(binding: "web")
        try await createBinding()
        try await editIdentity()
        cap(at: "1h")
        try await lanyard.reconcile(binding: "web")
        #expect(longest(Self.role) == 3600)
        #expect(try await lanyard.records().map(\.spec.owner.uid) == [uid])
    }

    @Test("a cap that is raised again is no change by hand, which would only be reported")
    func raised() async throws {
        try await createConverged { $0.driftPolicy = .report }
        try await lanyard.edit(identity: "web") { $0.hint = "edited" }
        cap(at: "1h")
        try await lanyard.reconcile(binding: "web")
        #expect(longest(Self.role) == 3600)
        cap(at: "24h")
        try await lanyard.reconcile(binding: "web")
        #expect(longest(Self.role) == 3600)
        try await lanyard.reconcile(identity: "web")
        try await lanyard.reconcile(binding: "web")
        #expect(longest(Self.role) == 86_400)
        #expect(lanyard.notes("DriftDetected") == [])
    }

    @Test("nor is a cap held off by an identity that is refused, or goes", arguments: [true, false])
    func unusable(isRefused: Bool) async throws {
        try await createConverged()
        if isRefused {
            try await lanyard.edit(identity: "web") { $0.admin = true }
        } else {
            try await lanyard.delete(identity: "web")
        }
        cap(at: "1h")
        #expect(try await lanyard.reconcile(binding: "web") == .done)
        #expect(longest(Self.role) == 3600 && longest(Self.jwtRole) == 3600)
        #expect(object(Self.role)?["bound_service_account_names"] == ["web"])
        #expect(try await lanyard.condition("IdentityResolved", ofBinding: "web").reason == "IdentityNotReady")
        lanyard.journal.clear()
        try await lanyard.reconcile(binding: "web")
        #expect(lanyard.journal.writes == [])
    }

    @Test("what stands against it is said, though the identity is only edited, and holds up no other role")
    func failure() async throws {
        try await createConverged()
        try await editIdentity()
        cap(at: "1h")
        lanyard.journal.fail("vault write \(Self.jwtRole)", with: VaultError(.permissionDenied, "no"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(longest(Self.role) == 3600 && longest(Self.jwtRole) == 86_400)
        let resolved = try await lanyard.condition("IdentityResolved", ofBinding: "web")
        #expect(resolved.status == .no)
        #expect(resolved.message.contains("tokens may live longer than the boundary says: \(Self.jwtRole): "))
        lanyard.journal.heal()
        lanyard.world.vault.isSealed = true
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(try await lanyard.condition("Ready", ofBinding: "web").message.contains("sealed"))
        lanyard.world.vault.isSealed = false
        try await lanyard.reconcile(binding: "web")
        #expect(longest(Self.jwtRole) == 3600)
        try await lanyard.reconcile(identity: "web")
        try await lanyard.reconcile(binding: "web")
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
    }

    @Test("nor by an object that cannot be written any more")
    func unwritable() async throws {
        try await createConverged()
        var binding = try await lanyard.binding("web")
        binding.metadata.finalizers = []
        _ = try await lanyard.world.api.replace(binding)
        cap(at: "1h")
        lanyard.journal.fail(
            "kube patch namespaces/shop/vaultrolebindings/web",
            with: KubernetesError(.badRequest, "request is too large"))
        await #expect(throws: KubernetesError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(longest(Self.role) == 3600 && longest(Self.jwtRole) == 3600)
    }

    @Test("nor by a withdrawal that only the cache's boundary asks for")
    func staleWithdrawal() async throws {
        try await createConverged { spec in
            spec.access = Access(rules: [AccessRule(path: "transit/keys/web", capabilities: ["read"])])
        }
        try await lanyard.delete(identity: "web")
        let narrower = Self.capped { spec in
            spec.onViolation = .withdraw
            spec.vault?.paths?.removeAll { $0.path == "transit/*" }
        }
        // Inside, so that nothing but what exists is outside.
        try await lanyard.edit(binding: "web") { $0.access = nil }
        lanyard.boundaries.set([narrower])
        lanyard.boundaries.truth.set([Self.capped()])
        await #expect(throws: StaleObject.self) { try await lanyard.reconcile(binding: "web") }
        #expect(longest(Self.role) == 3600 && longest(Self.jwtRole) == 3600)
        #expect(object("sys/policies/acl/web") != nil)
    }

    // MARK: - Refused

    enum Refused: CaseIterable {
        case outside, longer, invalid
    }

    @Test("nor by a spec that is not accepted: nothing else of what exists moves", arguments: Refused.allCases)
    func refused(_ kind: Refused) async throws {
        try await createConverged()
        let before = try await lanyard.world.external().objects
        switch kind {
        case .outside: try await leaveBoundary()
        case .longer:
            try await lanyard.edit(binding: "web") { spec in
                spec.token = TokenSettings()
                spec.token?.maxTTL = "12h"
            }
        case .invalid: try await lanyard.edit(binding: "web") { $0.serviceAccountNames = ["web"] }
        }
        // What is only invalid is not withdrawn.
        lanyard.boundaries.set([Self.capped { $0.onViolation = kind == .invalid ? .withdraw : .retain }])
        #expect(try await lanyard.reconcile(binding: "web") == .done)
        let accepted = try await lanyard.condition("Accepted", ofBinding: "web")
        #expect(accepted.reason == (kind == .invalid ? "InvalidSpec" : "OutsideBoundary"))
        #expect(!accepted.message.contains("longer than the boundary says"))
        #expect(
            lanyard.journal.writes(to: "vault") == ["vault write \(Self.jwtRole)", "vault write \(Self.role)"])
        try await expectOnlyLowered(since: before)
        lanyard.journal.clear()
        try await lanyard.reconcile(binding: "web")
        #expect(lanyard.journal.writes == [])
        // Accepted again, it is as declared, and nobody had changed it by hand.
        try await lanyard.edit(binding: "web") { spec in
            spec.serviceAccountNames = nil
            spec.kubernetesAuth = nil
            spec.token = nil
        }
        cap(at: "24h")
        try await lanyard.reconcile(binding: "web")
        #expect(longest(Self.role) == 86_400 && longest(Self.jwtRole) == 86_400)
        #expect(lanyard.notes("DriftCorrected") == [])
    }

    @Test("what stands against it is said before the reason of the refusal, and it is tried again")
    func refusedFailure() async throws {
        try await createConverged()
        try await leaveBoundary()
        cap(at: "1h")
        lanyard.journal.fail("vault write \(Self.jwtRole)", with: VaultError(.permissionDenied, "no"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(longest(Self.role) == 3600 && longest(Self.jwtRole) == 86_400)
        let refusal = try await lanyard.condition("Accepted", ofBinding: "web")
        #expect(refusal.status == .no && refusal.reason == "OutsideBoundary")
        #expect(refusal.message.hasPrefix("tokens may live longer than the boundary says: \(Self.jwtRole): "))
        #expect(refusal.message.contains("spec.kubernetesAuth.mount"))
        lanyard.journal.heal()
        #expect(try await lanyard.reconcile(binding: "web") == .done)
        #expect(longest(Self.jwtRole) == 3600)
        let healed = try await lanyard.condition("Accepted", ofBinding: "web")
        #expect(healed.message.hasPrefix("spec.kubernetesAuth.mount"))
    }

    // MARK: - Where it waits

    @Test("by a boundary in doubt nothing is lowered: what cannot be read might allow more", arguments: [true, false])
    func doubt(isRefused: Bool) async throws {
        try await createConverged()
        try await isRefused ? leaveBoundary() : editIdentity()
        var broken = IdentityBoundary.permissive.spec
        broken.vault?.names = ["?"]
        lanyard.boundaries.set([
            Self.capped(), IdentityBoundary(metadata: ObjectMeta(name: "broken"), spec: broken),
        ])
        try await lanyard.reconcile(binding: "web")
        #expect(lanyard.journal.writes(to: "vault") == [] && longest(Self.role) == 86_400)
        cap(at: "1h")
        try await lanyard.reconcile(binding: "web")
        #expect(longest(Self.role) == 3600 && longest(Self.jwtRole) == 3600)
    }

    @Test("nor on the word of a cache, nor while the API server does not say it")
    func stale() async throws {
        try await createConverged()
        try await editIdentity()
        cap(at: "1h")
        let truth = lanyard.boundaries.truth
        truth.set([Self.capped(at: "24h")])
        try await lanyard.reconcile(binding: "web")
        #expect(lanyard.journal.writes(to: "vault") == [])
        truth.fail(with: BoundaryDoubt("the watch is closed"))
        await #expect(throws: BoundaryDoubt.self) { try await lanyard.reconcile(binding: "web") }
        #expect(lanyard.journal.writes(to: "vault") == [] && longest(Self.role) == 86_400)
        let resolved = try await lanyard.condition("IdentityResolved", ofBinding: "web")
        #expect(resolved.message.hasPrefix("tokens may live longer than the boundary says: "))
        truth.fail(with: nil)
        truth.set(nil)
        try await lanyard.reconcile(binding: "web")
        #expect(longest(Self.role) == 3600 && longest(Self.jwtRole) == 3600)
    }

    @Test("nor in a pause that is allowed, though the binding be refused")
    func paused() async throws {
        try await createConverged()
        try await leaveBoundary()
        var binding = try await lanyard.binding("web")
        binding.metadata.annotations = ["lanyard.dev/paused": "true"]
        _ = try await lanyard.world.api.replace(binding)
        lanyard.boundaries.set([Self.capped { $0.allowPause = true }])
        try await lanyard.reconcile(binding: "web")
        #expect(lanyard.journal.writes(to: "vault") == [])
        cap(at: "1h")
        try await lanyard.reconcile(binding: "web")
        #expect(longest(Self.role) == 3600 && longest(Self.jwtRole) == 3600)
    }

    @Test("it reaches a login that is not wanted any more and cannot be deleted")
    func undeletable() async throws {
        try await createConverged()
        cap(at: "1h")
        try await lanyard.edit(binding: "web") { $0.kubernetesAuth = .init(enabled: false) }
        lanyard.journal.fail("vault delete \(Self.role)", with: VaultError(.permissionDenied, "permission denied"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(longest(Self.role) == 3600 && longest(Self.jwtRole) == 3600)
    }
}
