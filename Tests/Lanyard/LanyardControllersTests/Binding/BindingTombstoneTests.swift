import ControllerRuntime
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardControllers
import LanyardCore
import Testing
import VaultClient
import VaultTesting

/// Tokens carry names of policies: who writes a policy of a name that somebody had gives that one's tokens its rights.
@Suite("BindingReconciler: names that were given up")
struct BindingTombstoneTests {
    private static let policy = "sys/policies/acl/web"
    private static let role = "auth/kubernetes/role/web"
    private static let other = ObjectKey(namespace: "other", name: "web")

    private let lanyard: TestOperator

    init() async throws {
        lanyard = try await TestOperator()
        lanyard.boundaries.set(uids: ["shop": "shop-1", "other": "other-1"])
    }

    private func object(_ path: String) -> JSONValue? { lanyard.world.vault.peek(path) }

    /// A binding with this life of its tokens, in place.
    private func createConverged(
        _ maxTTL: String? = "2h", _ fill: (inout VaultRoleBindingSpec) -> Void = { _ in }
    ) async throws {
        try await lanyard.create(binding: "web") { spec in
            spec.token = .init()
            spec.token?.maxTTL = maxTTL
            fill(&spec)
        }
        try await lanyard.reconcile(binding: "web")
    }

    private func remove() async throws {
        try await lanyard.delete(binding: "web")
        try await lanyard.reconcile(binding: "web")
        #expect(object(Self.policy) == nil)
        lanyard.journal.clear()
    }

    /// The same name, wanted in another namespace.
    private func createElsewhere(_ roleName: String = "web") async throws {
        var spec = VaultRoleBindingSpec()
        spec.serviceAccountNames = ["web"]
        spec.roleName = roleName
        lanyard.clock.advance(by: .seconds(1))
        let metadata = ObjectMeta(name: Self.other.name, namespace: Self.other.namespace)
        _ = try await lanyard.world.api.create(VaultRoleBinding(metadata: metadata, spec: spec))
    }

    private func conditionElsewhere() async throws -> Condition {
        let binding = try #require(try await lanyard.world.api.get(VaultRoleBinding.self, Self.other))
        return try #require(binding.status?.conditions?.condition("PolicySynced"))
    }

    private func refusedElsewhere(in lanyard: TestOperator) async throws {
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(Self.other) }
        #expect(try await conditionElsewhere().reason == "Conflict")
        #expect(object(Self.policy) == nil && object(Self.role) == nil)
    }

    @Test("another namespace gets the name when the last token has ended, not before, and is told when")
    func otherNamespace() async throws {
        try await createConverged()
        try await createElsewhere()
        let until = WallTime(secondsSince1970: lanyard.clock.wallTime.secondsSince1970 + 7200).rfc3339
        try await remove()
        try await refusedElsewhere(in: lanyard)
        let message = try await conditionElsewhere().message
        #expect(
            message == "policy web was that of VaultRoleBinding shop/web, whose tokens may live until \(until): "
                + "it is free for another namespace then")
        lanyard.clock.advance(by: .seconds(7100))
        // So it is for a new process.
        let successor = try await TestOperator(in: lanyard.world)
        successor.boundaries.set(uids: ["shop": "shop-1", "other": "other-1"])
        try await refusedElsewhere(in: successor)
        #expect(try await conditionElsewhere().message == message)
        lanyard.clock.advance(by: .seconds(200))
        try await successor.reconcile(Self.other)
        #expect(object(Self.policy) != nil && object(Self.role) != nil)
    }

    @Test("the same namespace has it again at once, under whatever binding")
    func sameNamespace() async throws {
        try await createConverged()
        try await remove()
        try await lanyard.create(binding: "api")
        try await lanyard.reconcile(binding: "api")
        #expect(try await lanyard.condition("Ready", ofBinding: "api").status == .yes)
        #expect(try await lanyard.tombstones().count == 1)
    }

    @Test("a namespace of the same name is another one if its UID is")
    func recreatedNamespace() async throws {
        try await createConverged()
        try await remove()
        lanyard.boundaries.set(uids: ["shop": "shop-2"])
        try await lanyard.create(binding: "web")
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(try await lanyard.condition("PolicySynced", ofBinding: "web").reason == "Conflict")
    }

    @Test("a cache that has not seen the namespace made anew gives it no name of the former one")
    func staleNamespace() async throws {
        try await createConverged()
        try await remove()
        lanyard.boundaries.truth.set(uids: ["shop": "shop-2"])
        try await lanyard.create(binding: "web")
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(try await lanyard.condition("PolicySynced", ofBinding: "web").reason == "Conflict")
        #expect(object(Self.policy) == nil)
    }

    /// The binding and its namespace go while no operator looks, and both are made anew.
    private func recreate(_ fill: (inout VaultRoleBindingSpec) -> Void = { _ in }) async throws {
        var binding = try await lanyard.binding("web")
        binding.metadata.finalizers = []
        _ = try await lanyard.world.api.replace(binding)
        try await lanyard.delete(binding: "web")
        lanyard.boundaries.truth.set(uids: ["shop": "shop-2"])
        try await lanyard.create(binding: "web", fill)
        lanyard.journal.clear()
    }

    @Test("no name that anybody may have is inherited from a former namespace's binding", arguments: [true, false])
    func inheritance(isCacheBehind: Bool) async throws {
        try await createConverged()
        if !isCacheBehind { lanyard.boundaries.set(uids: ["shop": "shop-2"]) }
        try await recreate()
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(lanyard.journal.writes(to: "vault") == ["vault delete \(Self.role)", "vault delete \(Self.policy)"])
        #expect(try await lanyard.condition("PolicySynced", ofBinding: "web").reason == "Conflict")
        #expect(try await lanyard.tombstones().map(\.namespaceUID) == ["shop-1"])
        #expect(lanyard.notes("Withdrawn").count == 1)
        lanyard.boundaries.set(uids: ["shop": "shop-2"])
        lanyard.clock.advance(by: .seconds(7300))
        try await lanyard.reconcile(binding: "web")
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
        #expect(try await lanyard.records().map(\.spec.namespaceUID) == ["shop-2"])
    }

    @Test("what has the namespace in its name is inherited all the same, without a gap")
    func derivedInheritance() async throws {
        try await createConverged { $0.roleName = nil }
        try await recreate { spec in
            spec.roleName = nil
            spec.token = .init()
            spec.token?.maxTTL = "2h"
        }
        try await lanyard.reconcile(binding: "web")
        #expect(lanyard.journal.writes(to: "vault") == [])
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
    }

    @Test("a record that is full of names gets no further one until some are free")
    func full() async throws {
        try await createConverged()
        let key = ObjectKey(namespace: SimulatedWorld.operatorNamespace, name: "shop.web")
        var record = try #require(try await lanyard.world.api.get(OwnershipRecord.self, key))
        let until = WallTime(secondsSince1970: lanyard.clock.wallTime.secondsSince1970 + 3600).rfc3339
        record.spec.tombstones = (1..<OwnershipRecord.Tombstone.limit).map {
            .init(path: "sys/policies/acl/old-\($0)", namespaceUID: "shop-1", until: until)
        }
        _ = try await lanyard.world.api.replace(record)
        try await lanyard.ledger.load()
        try await lanyard.edit(binding: "web") { $0.policyName = "new" }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        let message = try await lanyard.condition("PolicySynced", ofBinding: "web").message
        #expect(message.contains("policy new has to wait: 256 names of policies that bindings of namespace shop"))
        #expect(object(Self.policy) != nil && object("sys/policies/acl/new") == nil)
        lanyard.clock.advance(by: .seconds(3700))
        try await lanyard.reconcile(binding: "web")
        #expect(object(Self.policy) == nil && object("sys/policies/acl/new") != nil)
    }

    /// Records of bindings that are gone, each with a name that is kept for an hour.
    private func leaveGraves(_ count: Int) async throws {
        let until = WallTime(secondsSince1970: lanyard.clock.wallTime.secondsSince1970 + 3600).rfc3339
        for number in 0..<count {
            let name = "gone-\(number)"
            let owner = OwnershipRecord.Owner(
                kind: "VaultRoleBinding", namespace: TestOperator.namespace, name: name, uid: name)
            let tombstone = OwnershipRecord.Tombstone(
                path: "sys/policies/acl/\(name)", namespaceUID: "shop-1", until: until)
            _ = try await lanyard.world.api.create(
                OwnershipRecord(
                    metadata: ObjectMeta(
                        name: OwnershipLedger.recordName(of: owner), namespace: SimulatedWorld.operatorNamespace),
                    spec: .init(owner: owner, claims: [], tombstones: [tombstone])))
        }
        try await lanyard.ledger.load()
    }

    @Test("bindings that come and go leave no more names than one that stays, for a new process as well")
    func comingAndGoing() async throws {
        try await leaveGraves(OwnershipRecord.Tombstone.limit)
        try await lanyard.create(binding: "web")
        let successor = try await TestOperator(in: lanyard.world)
        successor.boundaries.set(uids: ["shop": "shop-1", "other": "other-1"])
        for process in [lanyard, successor] {
            await #expect(throws: ConvergenceError.self) { try await process.reconcile(binding: "web") }
            #expect(try await lanyard.condition("PolicySynced", ofBinding: "web").reason == "Conflict")
            #expect(object(Self.policy) == nil && process.ledger.holder(of: Self.policy) == nil)
        }
        // It is that namespace's affair.
        try await createElsewhere("elsewhere")
        try await lanyard.reconcile(Self.other)
        #expect(try await conditionElsewhere().status == .yes)
        lanyard.clock.advance(by: .seconds(3700))
        try await lanyard.reconcile(binding: "web")
        #expect(object(Self.policy) != nil)
    }

    @Test("where no name is left, a binding gets the one back that it had; one in a namespace made anew gets any")
    func backAgain() async throws {
        try await createConverged()
        try await remove()
        try await leaveGraves(OwnershipRecord.Tombstone.limit - 1)
        try await createConverged()
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
        try await lanyard.create(binding: "api") { $0.roleName = "api" }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "api") }
        #expect(object("sys/policies/acl/api") == nil)
        lanyard.boundaries.set(uids: ["shop": "shop-2", "other": "other-1"])
        try await lanyard.reconcile(binding: "api")
        #expect(object("sys/policies/acl/api") != nil)
    }

    @Test("where a UID is not known, namespaces are told by their names")
    func unknownNamespace() async throws {
        lanyard.boundaries.set(uids: [:])
        try await createConverged()
        try await createElsewhere()
        try await remove()
        #expect(try await lanyard.tombstones().map(\.namespaceUID) == [nil])
        try await refusedElsewhere(in: lanyard)
        try await lanyard.create(binding: "api")
        try await lanyard.reconcile(binding: "api")
        #expect(try await lanyard.condition("Ready", ofBinding: "api").status == .yes)
    }

    @Test("who could not have the name yet keeps nobody waiting who can")
    func reservedElder() async throws {
        try await createConverged()
        try await createElsewhere()
        try await remove()
        try await lanyard.create(binding: "api")
        try await refusedElsewhere(in: lanyard)
        try await lanyard.reconcile(binding: "api")
        #expect(try await lanyard.condition("Ready", ofBinding: "api").status == .yes)
    }

    @Test("a rename, a withdrawal and an orphaned policy leave a tombstone; what was never made leaves none")
    func occasions() async throws {
        try await createConverged()
        try await lanyard.edit(binding: "web") { $0.policyName = "new" }
        try await lanyard.reconcile(binding: "web")
        #expect(try await lanyard.tombstones().map(\.path) == [Self.policy])
        var boundary = IdentityBoundary.permissive
        boundary.spec.vault?.names = []
        boundary.spec.onViolation = .withdraw
        lanyard.boundaries.set([boundary])
        try await lanyard.reconcile(binding: "web")
        #expect(try await lanyard.tombstones().map(\.path) == ["sys/policies/acl/new", Self.policy])
        lanyard.boundaries.set([.permissive])
        try await lanyard.edit(binding: "web") { spec in
            spec.policyName = "kept"
            spec.deletionPolicy = .orphan
        }
        try await lanyard.reconcile(binding: "web")
        try await lanyard.delete(binding: "web")
        try await lanyard.reconcile(binding: "web")
        #expect(object("sys/policies/acl/kept") != nil)
        #expect(try await lanyard.tombstones().map(\.path).contains("sys/policies/acl/kept"))
        try await lanyard.create(binding: "api") { $0.roleName = "api" }
        lanyard.journal.fail("vault write sys/policies/acl/api", with: VaultError(.permissionDenied, "denied"))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "api") }
        #expect(try await !lanyard.tombstones().map(\.path).contains("sys/policies/acl/api"))
    }

    @Test(
        "the longest life that tokens ever had counts, and the boundary's limit where the binding says none",
        arguments: [("1h", "3h", 10_800), ("3h", "1h", 10_800), ("1h", nil, 86_400)] as [(String, String?, Int64)])
    func longest(first: String, second: String?, seconds: Int64) async throws {
        try await createConverged(first)
        try await lanyard.edit(binding: "web") { $0.token?.maxTTL = second }
        try await lanyard.reconcile(binding: "web")
        try await remove()
        let until = WallTime(secondsSince1970: lanyard.clock.wallTime.secondsSince1970 + seconds).rfc3339
        #expect(try await lanyard.tombstones().map(\.until) == [until])
    }

    @Test("a name that is given up twice is kept until the tokens of both times have ended")
    func givenUpTwice() async throws {
        try await createConverged("3h")
        let until = WallTime(secondsSince1970: lanyard.clock.wallTime.secondsSince1970 + 10_800).rfc3339
        try await lanyard.edit(binding: "web") { $0.policyName = "new" }
        try await lanyard.reconcile(binding: "web")
        try await lanyard.edit(binding: "web") { spec in
            spec.policyName = nil
            spec.token?.maxTTL = "1h"
        }
        try await lanyard.reconcile(binding: "web")
        try await remove()
        #expect(try await lanyard.tombstones().filter { $0.path == Self.policy }.map(\.until) == [until])
    }

    @Test("of two that had the name, who waits for it is told of the one whose tokens last longer")
    func twoFormer() async throws {
        try await createConverged("3h")
        let until = WallTime(secondsSince1970: lanyard.clock.wallTime.secondsSince1970 + 10_800).rfc3339
        try await remove()
        try await lanyard.create(binding: "api") { spec in
            spec.token = .init()
            spec.token?.maxTTL = "1h"
        }
        try await lanyard.reconcile(binding: "api")
        try await lanyard.delete(binding: "api")
        try await lanyard.reconcile(binding: "api")
        #expect(try await lanyard.tombstones().map(\.path) == [Self.policy, Self.policy])
        try await createElsewhere()
        try await refusedElsewhere(in: lanyard)
        #expect(try await conditionElsewhere().message.contains("shop/web, whose tokens may live until \(until)"))
    }

    @Test("tokens that are renewed for ever keep the name until somebody says that they are revoked")
    func endless() async throws {
        var boundary = IdentityBoundary.permissive
        boundary.spec.vault?.allowPeriodicTokens = true
        lanyard.boundaries.set([boundary])
        try await createConverged(nil) { $0.token?.period = "1h" }
        try await createElsewhere()
        try await remove()
        lanyard.clock.advance(by: .seconds(100_000_000))
        try await refusedElsewhere(in: lanyard)
        let message = try await conditionElsewhere().message
        #expect(message.contains("do not end by themselves") && message.contains("OwnershipRecord shop.web"))
        let key = ObjectKey(namespace: SimulatedWorld.operatorNamespace, name: "shop.web")
        try await lanyard.world.api.delete(OwnershipRecord.self, key, uid: nil)
        try await lanyard.ledger.load()
        try await lanyard.reconcile(Self.other)
        #expect(try await conditionElsewhere().status == .yes)
    }

    @Test("a name that is the namespace's own by what it says needs no tombstone")
    func derivedName() async throws {
        try await createConverged { $0.roleName = nil }
        try await remove()
        #expect(try await lanyard.tombstones() == [])
    }
}
