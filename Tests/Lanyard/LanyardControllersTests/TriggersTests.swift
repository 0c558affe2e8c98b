import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardControllers
import Testing

@Suite("Triggers")
struct TriggersTests {
    private let identities: Store<WorkloadIdentity>
    private let bindings: Store<VaultRoleBinding>
    private let triggers: Triggers
    private let ledger: OwnershipLedger
    private let boundaries: SimulatedBoundaries

    init() throws {
        let world = try SimulatedWorld(seed: 1)
        let settings = world.settings
        ledger = OwnershipLedger(api: world.api, namespace: SimulatedWorld.operatorNamespace, clock: world.clock)
        boundaries = SimulatedBoundaries(settings: settings)
        identities = Store(indices: IdentityIndex.all)
        bindings = Store(indices: BindingIndex.all(settings: settings))
        triggers = Triggers(identities: identities, bindings: bindings, settings: settings)
    }

    private func metadata(_ name: String, namespace: String, isBeingDeleted: Bool = false) -> ObjectMeta {
        var metadata = ObjectMeta(
            name: name, namespace: namespace, uid: "uid-of-\(name)", resourceVersion: ResourceVersion("5"),
            generation: 1)
        metadata.deletionTimestamp = isBeingDeleted ? "2026-01-01T00:00:00Z" : nil
        return metadata
    }

    private func identity(
        _ name: String, namespace: String = "shop", serviceAccount: String? = nil, isBeingDeleted: Bool = false
    ) -> WorkloadIdentity {
        var spec = WorkloadIdentitySpec()
        spec.serviceAccountName = serviceAccount
        return WorkloadIdentity(
            metadata: metadata(name, namespace: namespace, isBeingDeleted: isBeingDeleted), spec: spec)
    }

    private func binding(
        _ name: String, namespace: String = "shop", identity: String? = nil, roleName: String? = nil,
        isBeingDeleted: Bool = false
    ) -> VaultRoleBinding {
        var spec = VaultRoleBindingSpec()
        spec.workloadIdentityRef = identity.map { .init(name: $0) }
        spec.serviceAccountNames = identity == nil ? ["web"] : nil
        spec.roleName = roleName
        return VaultRoleBinding(
            metadata: metadata(name, namespace: namespace, isBeingDeleted: isBeingDeleted), spec: spec)
    }

    private func store(_ identities: [WorkloadIdentity] = [], _ bindings: [VaultRoleBinding] = []) {
        for identity in identities { self.identities.apply(.upsert(identity)) }
        for binding in bindings { self.bindings.apply(.upsert(binding)) }
    }

    private func keys(_ names: String..., namespace: String = "shop") -> Set<ObjectKey> {
        Set(names.map { ObjectKey(namespace: namespace, name: $0) })
    }

    /// The same object after a change that raises the generation.
    private func next(_ identity: WorkloadIdentity, _ change: (inout WorkloadIdentity) -> Void) -> WorkloadIdentity {
        var copy = identity
        copy.metadata.generation = 2
        change(&copy)
        return copy
    }

    private func next(_ binding: VaultRoleBinding, _ change: (inout VaultRoleBinding) -> Void) -> VaultRoleBinding {
        var copy = binding
        copy.metadata.generation = 2
        change(&copy)
        return copy
    }

    /// The bindings that a change of one concerns.
    private func woken(by old: VaultRoleBinding?, _ new: VaultRoleBinding? = nil) -> Set<ObjectKey> {
        triggers.bindings(for: Delta(old: old, new: new), ledger: ledger, boundaries: boundaries.book)
    }

    // MARK: - Identities

    @Test("a change of an identity triggers it and the bindings that name it, in its namespace alone")
    func identityChanged() {
        store(
            [],
            [
                binding("one", identity: "web"), binding("two", identity: "web"), binding("other", identity: "api"),
                binding("plain"), binding("elsewhere", namespace: "web", identity: "web"),
            ])
        let web = identity("web")
        let changed = next(web) { $0.spec.hint = "x" }
        #expect(triggers.identities(for: Delta(old: web, new: changed)) == keys("web"))
        for delta in [Delta(old: nil, new: web), Delta(old: web, new: changed), Delta(old: web, new: nil)] {
            #expect(triggers.bindings(for: delta) == keys("one", "two"))
        }
    }

    @Test("a change of nothing but status triggers nothing")
    func statusOnly() {
        store([identity("web"), identity("other", serviceAccount: "web")], [binding("one", identity: "web")])
        var identity = identity("web")
        let old = identity
        identity.metadata.resourceVersion = ResourceVersion("6")
        identity.status = WorkloadIdentityStatus()
        identity.status?.spiffeID = "spiffe://sim.example/x"
        let delta = Delta(old: old, new: identity)
        #expect(triggers.identities(for: delta).isEmpty)
        #expect(triggers.bindings(for: delta).isEmpty)
        var binding = binding("one", roleName: "web")
        let oldBinding = binding
        binding.metadata.resourceVersion = ResourceVersion("6")
        binding.status = VaultRoleBindingStatus()
        binding.status?.spiffeID = "spiffe://sim.example/x"
        #expect(woken(by: oldBinding, binding).isEmpty)
    }

    @Test("an identity that goes, or wants something else, triggers those of its ServiceAccount, which may wait for it")
    func identityLetsGo() {
        store([
            identity("waiting", serviceAccount: "web"), identity("unrelated"),
            identity("elsewhere", namespace: "web", serviceAccount: "web"),
        ])
        let web = identity("web")
        #expect(triggers.identities(for: Delta(old: web, new: nil)) == keys("web", "waiting"))
        #expect(
            triggers.identities(for: Delta(old: web, new: identity("web", isBeingDeleted: true)))
                == keys("web", "waiting"))
        #expect(
            triggers.identities(for: Delta(old: web, new: next(web) { $0.spec.serviceAccountName = "else" }))
                == keys("web", "waiting"))
    }

    @Test("a new identity, or one with other labels, triggers itself alone")
    func identityAppears() {
        store([identity("waiting", serviceAccount: "web")])
        let web = identity("web")
        #expect(triggers.identities(for: Delta(old: nil, new: web)) == keys("web"))
        var labelled = web
        labelled.metadata.labels = ["a": "b"]
        #expect(triggers.identities(for: Delta(old: web, new: labelled)) == keys("web"))
    }

    @Test("our own finalizer on an identity is no news to it or to its bindings, its loss is")
    func identityFinalizer() {
        store([], [binding("one", identity: "web")])
        let without = identity("web")
        var with = without
        with.metadata.finalizers = [LanyardGroup.cleanupFinalizer]
        with.metadata.resourceVersion = ResourceVersion("6")
        var other = without
        other.metadata.finalizers = ["example.org/other"]
        func woken(_ old: WorkloadIdentity, _ new: WorkloadIdentity) -> Set<ObjectKey> {
            let delta = Delta(old: old, new: new)
            return triggers.identities(for: delta).union(triggers.bindings(for: delta))
        }
        #expect(woken(without, with).isEmpty)
        #expect(woken(with, without) == keys("web", "one"))
        #expect(woken(without, other) == keys("web", "one"))
        let edited = next(with) { $0.spec.hint = "x" }
        #expect(woken(without, edited) == keys("web", "one"))
    }

    @Test("who has an identity is news to all bindings that name it, trouble with it to those with a JWT login")
    func identityNews() {
        var login = binding("login", identity: "web")
        login.spec.jwtAuth = .init(audiences: ["vault"])
        store([], [binding("one", identity: "web"), login, binding("other", identity: "api")])
        let key = ObjectKey(namespace: "shop", name: "web")
        #expect(Set(triggers.bindings(naming: key, for: .standing)) == keys("one", "login"))
        #expect(Set(triggers.bindings(naming: key, for: .trouble)) == keys("login"))
    }

    // MARK: - Bindings

    @Test("news from a path concerns those that take for granted what is there, and are not usable")
    func news() {
        func needing(_ key: String, _ name: String) -> VaultRoleBinding {
            var object = binding(name)
            object.spec.access = Access(transit: [TransitAccess(key: key, operations: ["Encrypt"])])
            return object
        }
        var ready = needing("mine", "ready")
        ready.status = VaultRoleBindingStatus()
        ready.status?.conditions = [
            Condition(
                type: "Ready", status: .yes, reason: "Synced", message: "", lastTransitionTime: "2026-01-01T00:00:00Z")
        ]
        store([], [needing("mine", "one"), needing("other", "two"), binding("three"), ready])
        #expect(Set(triggers.bindings(waitingFor: "transit/keys/mine")) == keys("one"))
        #expect(Set(triggers.bindings(waitingFor: "sys/mounts")) == keys("one", "two"))
        #expect(Set(triggers.bindings(waitingFor: "auth/kubernetes/config")) == keys("one", "two", "three"))
        #expect(triggers.bindings(waitingFor: "transit/keys/none").isEmpty)
        #expect(Set(triggers.waitingBindings) == keys("one", "two", "three"))
    }

    @Test("a new binding triggers itself alone")
    func bindingAppears() {
        store([], [binding("waiting", roleName: "web")])
        #expect(woken(by: nil, binding("one", roleName: "web")) == keys("one"))
    }

    @Test("a binding that goes, or wants something else, triggers those that want what it had")
    func bindingLetsGo() {
        store(
            [],
            [
                binding("waiting", roleName: "web"), binding("unrelated", roleName: "else"),
                binding("elsewhere", namespace: "other", roleName: "web"),
                binding("gone", roleName: "web", isBeingDeleted: true),
            ])
        let one = binding("one", roleName: "web")
        let expected = keys("one", "waiting").union(keys("elsewhere", namespace: "other"))
        #expect(woken(by: one) == expected)
        #expect(woken(by: one, next(one) { $0.spec.roleName = "new" }) == expected)
        // It was being deleted when it was last seen.
        #expect(woken(by: binding("one", roleName: "web", isBeingDeleted: true)) == expected)
    }

    @Test("a binding that shared only a part with others triggers them, too")
    func bindingLetsPartGo() {
        store([], [binding("waiting", roleName: "shared")])
        let one = next(binding("one", roleName: "own")) { $0.spec.policyName = "shared" }
        #expect(woken(by: one) == keys("one", "waiting"))
    }

    @Test("a binding whose spec was refused may have been in the way, for all that its names say")
    func refusedBinding() {
        store([], [binding("waiting", roleName: "web")])
        let refused = next(binding("one", roleName: "web")) { $0.spec.serviceAccountNames = ["*"] }
        #expect(woken(by: refused) == keys("one", "waiting"))
    }

    @Test("what somebody holds nobody waits for but until it is released, whoever else names it")
    func heldPath() async throws {
        let paths = ["auth/kubernetes/role/web", "sys/policies/acl/web"]
        let holder = binding("holder", roleName: "web")
        store([], [holder, binding("waiting", roleName: "web")])
        let one = binding("one", roleName: "web")
        let owner = OwnershipRecord.Owner(of: holder)
        _ = try await ledger.claim(paths, for: owner)
        #expect(woken(by: one) == keys("one"))
        #expect(woken(by: one, next(one) { $0.spec.roleName = "new" }) == keys("one"))
        try await ledger.release([paths[1]], of: owner)
        #expect(woken(by: one) == keys("one", "holder", "waiting"))
    }

    @Test("a binding that must not have its names was in nobody's way", arguments: [true, false])
    func forbiddenNames(isOfDatabase: Bool) {
        boundaries.set([.ofTenant("shop"), .ofTenant("evil")])
        store([], [binding("waiting", roleName: "app")])
        let rival = next(binding("one", namespace: "evil", roleName: "app")) { rival in
            if isOfDatabase { rival.spec.databaseRoles = [.sample { $0.vaultName = "lanyard.sim.shop.victim_main" }] }
            if !isOfDatabase { rival.spec.policyName = "lanyard.sim.shop.victim" }
        }
        #expect(woken(by: rival) == keys("one", namespace: "evil"))
        let allowed = binding("one", namespace: "evil", roleName: "app")
        #expect(woken(by: allowed) == keys("one", namespace: "evil").union(keys("waiting")))
    }

    @Test(
        "nor was one in the way of a database user that it must not have, where it wants that one",
        arguments: [
            ("database", "good", "app", true), ("database", "good", "root", false),
            ("database", "private", "app", false), ("elsewhere", "good", "app", false),
        ])
    func forbiddenUsers(mount: String, connection: String, user: String, wakes: Bool) {
        func wanting(_ name: String) -> VaultRoleBinding {
            var binding = binding(name, roleName: name)
            binding.spec.databaseRoles = [
                .sample { role in
                    role.mount = mount
                    role.connection = connection
                    role.statements = nil
                    role.static = .init(username: user, rotationPeriod: "1h")
                }
            ]
            return binding
        }
        store([], [wanting("waiting")])
        #expect(woken(by: wanting("one")) == (wakes ? keys("one", "waiting") : keys("one")))
    }

    @Test("nor was one with more database roles than any may have")
    func manyRoles() {
        store([], [binding("waiting", roleName: "web")])
        var one = binding("one", roleName: "web")
        one.spec.databaseRoles = (0..<65).map { index in .sample { $0.name = "r\(index)" } }
        #expect(woken(by: one) == keys("one"))
        one.spec.databaseRoles?.removeLast()
        #expect(woken(by: one) == keys("one", "waiting"))
    }

    @Test("a record that goes triggers the binding in whose way it was, an ordinary one triggers nobody")
    func recordGoes() {
        store([], [binding("web", roleName: "web"), binding("other", roleName: "other")])
        func record(_ name: String, of kind: String, _ owner: String) -> OwnershipRecord {
            OwnershipRecord(
                metadata: ObjectMeta(name: name, namespace: "lanyard-system"),
                spec: .init(owner: .init(kind: kind, namespace: "shop", name: owner, uid: "1"), claims: []))
        }
        let inTheWay = record("shop.web", of: "VaultMount", "web")
        let byHand = record("shop.web", of: "VaultRoleBinding", "other")
        let own = record("shop.web", of: "VaultRoleBinding", "web")
        for old in [inTheWay, byHand] {
            #expect(triggers.bindings(for: Delta(old: old, new: nil)) == keys("web"))
            #expect(triggers.bindings(for: Delta(old: old, new: own)) == keys("web"))
            #expect(triggers.bindings(for: Delta(old: old, new: old)).isEmpty)
            #expect(triggers.bindings(for: Delta(old: nil, new: old)).isEmpty)
        }
        #expect(triggers.bindings(for: Delta(old: own, new: nil)).isEmpty)
    }

    @Test("our own finalizer on a new binding is no news, its loss is")
    func finalizer() {
        let without = binding("web")
        var with = without
        with.metadata.finalizers = [LanyardGroup.cleanupFinalizer]
        var other = without
        other.metadata.finalizers = ["example.org/other"]
        #expect(woken(by: without, with).isEmpty)
        #expect(!woken(by: with, without).isEmpty)
        #expect(!woken(by: without, other).isEmpty)
        with.metadata.generation = 2
        #expect(!woken(by: without, with).isEmpty)
    }
}
