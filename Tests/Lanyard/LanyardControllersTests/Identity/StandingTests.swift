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
import VaultTesting

/// Identities that SPIRE does not serve as declared, and the bindings that name them.
@Suite("Identities that are not as declared")
struct StandingTests {
    private static let entryID = "lanyard.sim.shop.ord"

    private let lanyard: TestOperator

    init() async throws { lanyard = try await TestOperator() }

    /// An identity `ord` with a binding, in place, and one called `ledger`.
    private func createConverged(jwt: Bool = false) async throws {
        try await lanyard.create(identity: "ledger")
        try await lanyard.reconcile(identity: "ledger")
        try await lanyard.create(identity: "ord")
        try await lanyard.create(binding: "ord") {
            $0.serviceAccountNames = nil
            $0.workloadIdentityRef = .init(name: "ord")
            if jwt { $0.jwtAuth = .init(audiences: ["vault"]) }
        }
        try await pass()
        #expect(try await lanyard.condition("Ready", ofBinding: "ord").status == .yes)
    }

    private func pass() async throws {
        _ = try? await lanyard.reconcile(identity: "ord")
        try await lanyard.reconcile(binding: "ord")
    }

    /// Changes `ord` to what `ledger` has.
    private func collide() async throws {
        try await lanyard.edit(identity: "ord") { $0.serviceAccountName = "ledger" }
    }

    private func boundAccounts() -> [String]? {
        lanyard.world.vault.peek("auth/kubernetes/role/web")?["bound_service_account_names"]?.array?
            .compactMap(\.string)
    }

    private func boundSubject() -> String? {
        lanyard.world.vault.peek("auth/jwt/role/web")?["bound_subject"]?.string
    }

    @Test("the first pass over an identity runs what has waited for it, and no binding that is new")
    func firstPass() async throws {
        try await createConverged()
        #expect(!lanyard.identityNews.all.contains(.standing))
        let successor = try await TestOperator(in: lanyard.world)
        // What it has stays for whom it is until the identity has been looked at.
        try await successor.reconcile(binding: "ord")
        #expect(!successor.identityNews.all.contains(.standing))
        try await successor.reconcile(identity: "ord")
        #expect(successor.identityNews.all.contains(.standing))
    }

    @Test("a new binding takes its identity's spec at its word, and is not run again when that holds")
    func newBinding() async throws {
        try await lanyard.create(identity: "ord")
        try await lanyard.create(binding: "ord") {
            $0.serviceAccountNames = nil
            $0.workloadIdentityRef = .init(name: "ord")
        }
        try await lanyard.reconcile(binding: "ord")
        #expect(boundAccounts() == ["ord"])
        try await lanyard.reconcile(identity: "ord")
        #expect(!lanyard.identityNews.all.contains(.standing))
    }

    @Test("a changed identity in conflict shows what SPIRE still serves, and says so")
    func status() async throws {
        try await createConverged()
        try await collide()
        try await pass()
        let status = try #require(try await lanyard.identity("ord").status)
        #expect(status.spiffeID == "spiffe://sim.example/ns/shop/sa/ord")
        #expect(status.entryCount == 1)
        let synced = try await lanyard.condition("EntriesSynced", ofIdentity: "ord")
        #expect(synced.reason == "Conflict")
        #expect(
            synced.message.hasSuffix(
                "; until then entry \(Self.entryID) stays as it was, for spiffe://sim.example/ns/shop/sa/ord"))
    }

    @Test("its bindings stay with whom SPIRE serves, and follow when the conflict is over", arguments: [false, true])
    func bindings(afterRestart: Bool) async throws {
        try await createConverged(jwt: true)
        try await collide()
        let process = afterRestart ? try await TestOperator(in: lanyard.world) : lanyard
        // The binding's turn may come first.
        try await process.reconcile(binding: "ord")
        #expect(boundAccounts() == ["ord"])
        _ = try? await process.reconcile(identity: "ord")
        try await process.reconcile(binding: "ord")
        #expect(boundAccounts() == ["ord"])
        #expect(boundSubject() == "spiffe://sim.example/ns/shop/sa/ord")
        let resolved = try await lanyard.condition("IdentityResolved", ofBinding: "ord")
        #expect(resolved.status == .no && resolved.reason == "IdentityNotReady")
        #expect(resolved.message.contains("stays with ServiceAccount ord"))
        // What the binding itself says is done all the same.
        try await lanyard.edit(binding: "ord") {
            var token = TokenSettings()
            token.ttl = "10m"
            $0.token = token
        }
        try await process.reconcile(binding: "ord")
        #expect(lanyard.world.vault.peek("auth/kubernetes/role/web")?["token_ttl"] == 600)
        #expect(boundAccounts() == ["ord"])
        try await lanyard.delete(identity: "ledger")
        try await process.reconcile(identity: "ledger")
        try await process.reconcile(identity: "ord")
        try await process.reconcile(binding: "ord")
        #expect(boundAccounts() == ["ledger"])
        #expect(try await lanyard.condition("Ready", ofBinding: "ord").status == .yes)
    }

    @Test("an entry that somebody made another namespace's moves no binding")
    func foreignHand() async throws {
        try await createConverged(jwt: true)
        var entry = try #require(try await lanyard.world.registry.entry(id: Self.entryID))
        entry.spiffeID = try SPIFFEID("spiffe://sim.example/ns/victim/sa/admin")
        _ = try await lanyard.world.registry.update(entry, fields: [.spiffeID])
        try await lanyard.verify()
        try await collide()
        try await pass()
        #expect(boundAccounts() == ["ord"])
        #expect(boundSubject() == "spiffe://sim.example/ns/shop/sa/ord")
        #expect(try await lanyard.condition("IdentityResolved", ofBinding: "ord").reason == "IdentityNotReady")
    }

    @Test("a binding with a JWT login shows that its identity cannot be obtained; one without does not need it")
    func jwt() async throws {
        lanyard.world.registry.withDatastore { [parent = lanyard.world.alias.id.description] store in
            store.insert(
                StoredEntry(
                    id: "by-hand", spiffeID: "spiffe://sim.example/ns/shop/sa/ord", parentID: parent,
                    selectors: [.init(type: "k8s", value: "ns:shop"), .init(type: "k8s", value: "sa:ord")]))
        }
        try await lanyard.create(identity: "ord")
        try await lanyard.create(binding: "ord") {
            $0.serviceAccountNames = nil
            $0.workloadIdentityRef = .init(name: "ord")
            $0.jwtAuth = .init(audiences: ["vault"])
        }
        try await pass()
        let resolved = try await lanyard.condition("IdentityResolved", ofBinding: "ord")
        #expect(resolved.status == .no && resolved.reason == "IdentityNotReady")
        #expect(resolved.message.contains("by-hand"))
        #expect(try await lanyard.condition("Ready", ofBinding: "ord").status == .no)
        #expect(try await lanyard.condition("AuthRolesSynced", ofBinding: "ord").status == .yes)
        try await lanyard.edit(binding: "ord") { $0.jwtAuth = nil }
        try await pass()
        #expect(try await lanyard.condition("Ready", ofBinding: "ord").status == .yes)
    }

    @Test("so it is without agents, and while SPIRE is away nothing else is said than before")
    func parents() async throws {
        try await createConverged(jwt: true)
        lanyard.journal.fail("spire", with: SPIREError(.unavailable, "away"))
        lanyard.clock.advance(by: .seconds(61))
        try await pass()
        #expect(try await lanyard.condition("Ready", ofIdentity: "ord").reason == "SPIREUnavailable")
        #expect(try await lanyard.condition("Ready", ofBinding: "ord").status == .yes)
        lanyard.journal.heal()
        try lanyard.world.registerAgents([])
        try await pass()
        let resolved = try await lanyard.condition("IdentityResolved", ofBinding: "ord")
        #expect(resolved.status == .no && resolved.message.contains("no live agent"))
        try lanyard.world.registerAgents(["node-1"])
        lanyard.clock.advance(by: .seconds(10))
        try await pass()
        #expect(try await lanyard.condition("Ready", ofBinding: "ord").status == .yes)
    }

    @Test(
        "of two with one hint for the same workloads the younger is never served, and says so until the older changes")
    func hints() async throws {
        for (name, path) in [("older", "/a/b"), ("younger", "/moved"), ("narrower", "/elsewhere")] {
            try await lanyard.create(identity: name) {
                $0.serviceAccountName = "ord"
                $0.spiffeID = path
                $0.hint = "internal"
                if name == "older" { $0.selectors = ["k8s:pod-label:app:ord"] }
            }
        }
        // The younger one is for more workloads than the older; the narrower for none that the younger is not for.
        try await lanyard.edit(identity: "narrower") { $0.selectors = ["unix:uid:1"] }
        for name in ["older", "younger", "narrower"] { try await lanyard.reconcile(identity: name) }
        #expect(try await lanyard.condition("Ready", ofIdentity: "older").status == .yes)
        #expect(try await lanyard.condition("Ready", ofIdentity: "younger").status == .yes)
        let synced = try await lanyard.condition("EntriesSynced", ofIdentity: "narrower")
        #expect(synced.reason == "Conflict" && synced.message.contains("shop/younger is older"))
        try await lanyard.edit(identity: "younger") { $0.hint = "other" }
        try await lanyard.reconcile(identity: "narrower")
        #expect(try await lanyard.condition("Ready", ofIdentity: "narrower").status == .yes)
    }
}
