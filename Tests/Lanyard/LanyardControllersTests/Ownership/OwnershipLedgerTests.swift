import ControllerRuntime
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardControllers
import Synchronization
import Testing
import VaultClient

@Suite("OwnershipLedger")
struct OwnershipLedgerTests {
    private static let namespace = "lanyard-system"

    private let server = InMemoryAPIServer(
        environment: .simulated(seed: 1), resources: [OwnershipRecord.descriptor])
    private let journal = Journal()
    private let clock = VirtualClock()

    private let web = owner("web")
    private let api = owner("api")
    private let policy = "sys/policies/acl/web"
    private let role = "auth/kubernetes/role/web"

    private static func owner(_ name: String, uid: String? = nil) -> OwnershipRecord.Owner {
        .init(kind: "VaultRoleBinding", namespace: "shop", name: name, uid: uid ?? "uid-of-\(name)")
    }

    private func ledger(
        mayWrite: @escaping @Sendable () -> Bool = { true },
        onRelease: @escaping @Sendable (OwnershipLedger.Release) -> Void = { _ in }
    ) -> OwnershipLedger {
        OwnershipLedger(
            api: RecordingKubernetes(base: server, journal: journal), namespace: Self.namespace, clock: clock,
            mayWrite: mayWrite, onRelease: onRelease)
    }

    private func record(of owner: OwnershipRecord.Owner) async throws -> OwnershipRecord? {
        let key = ObjectKey(namespace: Self.namespace, name: OwnershipLedger.recordName(of: owner))
        return try await server.get(OwnershipRecord.self, key)
    }

    @Test("records that cannot be read for long are a problem until they can; the error names the one that is bad")
    func unreadable() async throws {
        let bad: JSONValue = [
            "apiVersion": .string(OwnershipRecord.descriptor.apiVersion),
            "kind": .string(OwnershipRecord.descriptor.kind), "metadata": ["name": "shop.bad"], "spec": 7,
        ]
        _ = try await server.send(
            APIRequest(
                .post, OwnershipRecord.descriptor.path(namespace: Self.namespace), contentType: "application/json",
                body: try JSON.encode(bad)))
        let ledger = ledger()
        clock.advance(by: .seconds(60))
        #expect(ledger.readingProblem == nil)
        for pause in [Duration.zero, .seconds(20)] {
            clock.advance(by: pause)
            let error = await #expect(throws: KubernetesError.self) { try await ledger.settleDoubt() }
            #expect(error?.message.contains("OwnershipRecord shop.bad does not fit") == true)
            #expect(ledger.readingProblem == nil)
        }
        clock.advance(by: .seconds(11))
        #expect(ledger.readingProblem == "the ownership records cannot be read for 31 s")
        try await server.delete(
            OwnershipRecord.self, ObjectKey(namespace: Self.namespace, name: "shop.bad"), uid: nil)
        try await ledger.settleDoubt()
        #expect(ledger.readingProblem == nil)
    }

    // MARK: - Claims

    @Test("a claim is stored, with owner and time, before it is answered, in one write")
    func claim() async throws {
        let ledger = ledger()
        clock.advance(by: .seconds(5))
        #expect(try await ledger.claim([role, policy], for: web).isEmpty)
        let stored = try #require(try await record(of: web))
        #expect(stored.spec.owner == web)
        #expect(stored.spec.claims.map(\.path) == [role, policy])
        #expect(stored.spec.claims.allSatisfy { $0.claimedAt == clock.wallTime.rfc3339 })
        #expect(journal.writes.count == 1)
        #expect(ledger.paths(of: web) == [role, policy])
        #expect(ledger.holder(of: policy) == web)
    }

    @Test("claiming what is claimed already writes nothing")
    func repeatedClaim() async throws {
        let ledger = ledger()
        _ = try await ledger.claim([policy, role], for: web)
        journal.clear()
        #expect(try await ledger.claim([policy], for: web).isEmpty)
        #expect(try await ledger.claim([policy, role], for: web).isEmpty)
        #expect(journal.calls.isEmpty)
    }

    @Test("a further claim is added to the record, and earlier ones keep their time")
    func furtherClaim() async throws {
        let ledger = ledger()
        _ = try await ledger.claim([role], for: web)
        let first = clock.wallTime.rfc3339
        clock.advance(by: .seconds(60))
        _ = try await ledger.claim([role, policy], for: web)
        let claims = try #require(try await record(of: web)).spec.claims
        #expect(
            claims == [.init(path: role, claimedAt: first), .init(path: policy, claimedAt: clock.wallTime.rfc3339)])
    }

    @Test("what somebody else holds is not claimed, the rest is, and the holder is named")
    func heldByOther() async throws {
        let ledger = ledger()
        _ = try await ledger.claim([policy], for: api)
        #expect(try await ledger.claim([policy, role], for: web) == [policy: api])
        #expect(ledger.paths(of: web) == [role])
        #expect(try await record(of: api)?.spec.claims.map(\.path) == [policy])
    }

    @Test("while a claim is being stored, nobody else gets the path")
    func race() async throws {
        let ledger = ledger()
        let (api, policy) = (api, policy)
        let held = Mutex<[String: OwnershipRecord.Owner]?>(nil)
        journal.before("kube post") {
            let answer = try await ledger.claim([policy], for: api)
            held.withLock { $0 = answer }
        }
        #expect(try await ledger.claim([policy], for: web).isEmpty)
        #expect(held.withLock { $0 } == [policy: web])
        #expect(try await record(of: web)?.spec.claims.map(\.path) == [policy])
        #expect(try await record(of: api) == nil)
    }

    @Test("a claim that could not be stored is no claim: the path is free for others")
    func failedClaim() async throws {
        let ledger = ledger()
        journal.fail("kube post", with: KubernetesError(.serverError, "no"))
        await #expect(throws: KubernetesError.self) { try await ledger.claim([policy], for: web) }
        #expect(ledger.holder(of: policy) == nil)
        #expect(ledger.paths(of: web).isEmpty)
        journal.heal()
        #expect(try await ledger.claim([policy], for: api).isEmpty)
        #expect(ledger.holder(of: policy) == api)
    }

    @Test("a process that does not lead neither claims nor releases")
    func fenced() async throws {
        let ledger = ledger(mayWrite: { false })
        await #expect(throws: VaultError.self) { try await ledger.claim([policy], for: web) }
        #expect(ledger.holder(of: policy) == nil)
        _ = try await self.ledger().claim([policy], for: web)
        try await ledger.load()
        journal.clear()
        await #expect(throws: VaultError.self) { try await ledger.release([policy], of: web) }
        #expect(journal.writes.isEmpty)
        #expect(ledger.holder(of: policy) == web)
    }

    // MARK: - Inheritance

    @Test("what an owner was converged to says nothing of a namesake that takes the record, though it claims the same")
    func stateOfPredecessor() async throws {
        let ledger = ledger()
        try await ledger.load()
        _ = try await ledger.claim([policy], for: web)
        try await ledger.noteConverged(web, to: "digest")
        #expect(ledger.isConverged(web, to: "digest"))
        let successor = Self.owner("web", uid: "another")
        _ = try await ledger.claim([policy], for: successor)
        #expect(!ledger.isConverged(successor, to: "digest"))
        #expect(try await record(of: successor)?.spec.convergedDigest == nil)
    }

    @Test("whoever gives something up is not what it was converged to")
    func stateAfterRelease() async throws {
        let ledger = ledger()
        try await ledger.load()
        _ = try await ledger.claim([policy, role], for: web)
        try await ledger.noteConverged(web, to: "digest")
        try await ledger.release([role], of: web)
        #expect(ledger.paths(of: web) == [policy])
        #expect(!ledger.isConverged(web, to: "digest"))
    }

    @Test("a new object of the same name inherits the claims, and the record then has its UID")
    func inheritance() async throws {
        let ledger = ledger()
        _ = try await ledger.claim([policy, role], for: web)
        let successor = Self.owner("web", uid: "another")
        #expect(ledger.paths(of: successor) == [role, policy])
        #expect(try await ledger.claim([policy], for: successor).isEmpty)
        let stored = try #require(try await record(of: web))
        #expect(stored.spec.owner == successor)
        #expect(stored.spec.claims.map(\.path) == [role, policy])
        #expect(ledger.holder(of: role) == successor)
    }

    @Test(
        "an object of another kind, namespace or name inherits nothing",
        arguments: [
            OwnershipRecord.Owner(kind: "VaultMount", namespace: "shop", name: "web", uid: "uid-of-web"),
            OwnershipRecord.Owner(kind: "VaultRoleBinding", namespace: "other", name: "web", uid: "uid-of-web"),
            OwnershipRecord.Owner(kind: "VaultRoleBinding", namespace: "shop", name: "api", uid: "uid-of-web"),
        ])
    func noInheritance(other: OwnershipRecord.Owner) async throws {
        let ledger = ledger()
        _ = try await ledger.claim([policy], for: web)
        #expect(ledger.paths(of: other).isEmpty)
        #expect(try await ledger.claim([policy], for: other) == [policy: web])
        #expect(try await record(of: web)?.spec == .init(owner: web, claims: [.init(path: policy, claimedAt: now)]))
    }

    private var now: String { clock.wallTime.rfc3339 }

    // MARK: - Release

    @Test("giving up some paths keeps the others; giving up the last one deletes the record")
    func release() async throws {
        let released = Mutex<[[String]]>([])
        let ledger = ledger(onRelease: { release in
            #expect(release.owner.name == "web" && release.wasMade == (release.paths != ["sys/policies/acl/web"]))
            released.withLock { $0.append(release.paths) }
        })
        _ = try await ledger.claim([policy, role], for: web)
        try await ledger.release([role], of: web)
        #expect(try await record(of: web)?.spec.claims.map(\.path) == [policy])
        #expect(ledger.holder(of: role) == nil)
        // Nothing was made there, so nobody has tokens with the policy's name.
        try await ledger.release([policy], of: web, wasMade: false)
        #expect(try await record(of: web) == nil)
        #expect(ledger.holder(of: policy) == nil)
        #expect(released.withLock { $0 } == [[role], [policy]])
    }

    @Test("giving up what is not held writes nothing and wakes nobody")
    func releaseOfNothing() async throws {
        let released = Mutex(0)
        let ledger = ledger(onRelease: { _ in released.withLock { $0 += 1 } })
        _ = try await ledger.claim([policy], for: web)
        journal.clear()
        try await ledger.release([role], of: web)
        try await ledger.release([policy], of: api)
        #expect(journal.writes.isEmpty)
        #expect(released.withLock { $0 } == 0)
        #expect(ledger.holder(of: policy) == web)
    }

    @Test("a release that could not be stored leaves the claim and wakes nobody")
    func failedRelease() async throws {
        let released = Mutex(0)
        let ledger = ledger(onRelease: { _ in released.withLock { $0 += 1 } })
        _ = try await ledger.claim([policy, role], for: web)
        // The one leaves a tombstone, the other nothing.
        for verb in ["put", "delete"] { journal.fail("kube \(verb)", with: KubernetesError(.timeout, "no answer")) }
        for wasMade in [true, false] {
            await #expect(throws: KubernetesError.self) {
                try await ledger.release([policy, role], of: web, wasMade: wasMade)
            }
        }
        #expect(ledger.holder(of: policy) == web && ledger.holder(of: role) == web)
        #expect(released.withLock { $0 } == 0)
    }

    // MARK: - What others do to the records

    @Test("a new leader reads all records, page by page, before it knows who holds what")
    func load() async throws {
        for name in ["web", "api"] {
            let path = "sys/policies/acl/\(name)"
            _ = try await ledger().claim([path], for: Self.owner(name))
        }
        let successor = ledger()
        #expect(successor.holder(of: policy) == nil)
        try await successor.load()
        #expect(successor.holder(of: policy) == web)
        #expect(successor.holder(of: "sys/policies/acl/api") == api)
    }

    @Test("a ledger that could not be read throws and keeps what it knew")
    func failedLoad() async throws {
        let ledger = ledger()
        _ = try await ledger.claim([policy], for: web)
        journal.fail("kube get", with: KubernetesError(.serverError, "no"))
        await #expect(throws: KubernetesError.self) { try await ledger.load() }
        #expect(ledger.holder(of: policy) == web)
    }

    @Test(
        "a record that changed behind this process is read anew, so that the next attempt succeeds",
        arguments: ["changed", "deleted", "created"])
    func conflict(change: String) async throws {
        let ledger = ledger()
        let elsewhere = self.ledger()
        if change != "created" { _ = try await ledger.claim([policy], for: web) }
        try await elsewhere.load()
        switch change {
        case "deleted": try await elsewhere.release([policy], of: web)
        default: _ = try await elsewhere.claim(["database/roles/web"], for: web)
        }
        await #expect(throws: KubernetesError.self) { try await ledger.claim([role], for: web) }
        #expect(ledger.holder(of: role) == nil)
        #expect(try await ledger.claim([role], for: web).isEmpty)
        let paths = try #require(try await record(of: web)).spec.claims.map(\.path)
        #expect(paths.contains(role))
        #expect(paths.contains("database/roles/web") == (change != "deleted"))
        #expect(ledger.paths(of: web) == paths)
    }

    @Test("a record that was only changed behind this process is not deleted with what was added to it")
    func conflictOfRelease() async throws {
        let ledger = ledger()
        _ = try await ledger.claim([policy], for: web)
        let elsewhere = self.ledger()
        try await elsewhere.load()
        _ = try await elsewhere.claim([role], for: web)
        await #expect(throws: KubernetesError.self) { try await ledger.release([policy], of: web) }
        #expect(try await record(of: web)?.spec.claims.map(\.path) == [role, policy])
        try await ledger.release([policy], of: web)
        #expect(try await record(of: web)?.spec.claims.map(\.path) == [role])
    }

    @Test("a record that arrives late does not undo what was stored since")
    func observeOlder() async throws {
        let ledger = ledger()
        _ = try await ledger.claim([policy], for: web)
        let older = try #require(try await record(of: web))
        _ = try await ledger.claim([role], for: web)
        ledger.observe(Delta(old: nil, new: older))
        #expect(ledger.paths(of: web) == [role, policy])
        #expect(ledger.holder(of: role) == web)
    }

    @Test("what others change, add and delete is taken notice of")
    func observe() async throws {
        let ledger = ledger()
        let elsewhere = self.ledger()
        _ = try await elsewhere.claim([policy, role], for: web)
        let first = try #require(try await record(of: web))
        ledger.observe(Delta(old: nil, new: first))
        #expect(ledger.holder(of: role) == web)
        try await elsewhere.release([role], of: web)
        let second = try #require(try await record(of: web))
        ledger.observe(Delta(old: first, new: second))
        #expect(ledger.holder(of: role) == nil)
        #expect(ledger.holder(of: policy) == web)
        ledger.observe(Delta(old: second, new: nil))
        #expect(ledger.holder(of: policy) == nil)
        #expect(ledger.paths(of: web).isEmpty)
    }

    @Test("the deletion of an earlier record of the name does not remove the present one")
    func observeOldDeletion() async throws {
        let ledger = ledger()
        _ = try await ledger.claim([policy], for: web)
        let first = try #require(try await record(of: web))
        try await ledger.release([policy], of: web, wasMade: false)
        _ = try await ledger.claim([policy], for: web)
        ledger.observe(Delta(old: first, new: nil))
        #expect(ledger.holder(of: policy) == web)
    }

    @Test("a path that two records claim belongs to somebody as long as one of them does")
    func doubleClaim() async throws {
        _ = try await ledger().claim([policy], for: web)
        _ = try await ledger().claim([policy], for: api)
        let ledger = ledger()
        try await ledger.load()
        let holder = try #require(ledger.holder(of: policy))
        let gone = try #require(try await record(of: holder))
        let other = holder == web ? api : web
        ledger.observe(Delta(old: gone, new: nil))
        #expect(ledger.holder(of: policy) == other)
        #expect(try await ledger.claim([policy], for: Self.owner("third")) == [policy: other])
    }
}
