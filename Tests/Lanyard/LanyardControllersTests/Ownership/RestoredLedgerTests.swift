import ControllerRuntime
import FoundationEssentials
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardControllers
import Synchronization
import Testing

/// A server that is restored to older data has another ledger than the one that was seen.
@Suite("OwnershipLedger: a server that was restored")
struct RestoredLedgerTests {
    private static let namespace = "lanyard-system"

    private let server = InMemoryAPIServer(
        environment: .simulated(seed: 1), resources: [OwnershipRecord.descriptor])
    private let journal = Journal()
    private let clock = VirtualClock()

    private let web = owner("web")
    private let api = owner("api")
    private let policy = "sys/policies/acl/web"
    private let role = "auth/kubernetes/role/web"

    private static func owner(_ name: String) -> OwnershipRecord.Owner {
        .init(kind: "VaultRoleBinding", namespace: "shop", name: name, uid: "uid-of-\(name)")
    }

    private func ledger() -> OwnershipLedger {
        OwnershipLedger(
            api: RecordingKubernetes(base: server, journal: journal), namespace: Self.namespace, clock: clock)
    }

    private func version() async throws -> ResourceVersion {
        try #require(try await server.list(OwnershipRecord.self, namespace: Self.namespace).metadata.resourceVersion)
    }

    /// A record as it was before the server was restored to an older state.
    private func lost(_ owner: OwnershipRecord.Owner) -> OwnershipRecord {
        OwnershipRecord(
            metadata: ObjectMeta(
                name: OwnershipLedger.recordName(of: owner), namespace: Self.namespace, uid: "lost",
                resourceVersion: ResourceVersion("900000")),
            spec: .init(owner: owner, claims: [.init(path: policy, claimedAt: "2026-01-01T00:00:00Z")]))
    }

    @Test("a complete list of an older version puts the ledger in doubt, and it is read anew before it is used")
    func restored() async throws {
        let ledger = ledger()
        _ = try await ledger.claim([role], for: api)
        try await ledger.load()
        ledger.observe(Delta(old: nil, new: lost(web)))
        #expect(ledger.holder(of: policy) == web)
        journal.clear()
        let restored = try await version()
        ledger.observeList(at: restored)
        try await ledger.settleDoubt()
        #expect(journal.calls == ["kube get namespaces/lanyard-system/ownershiprecords"])
        #expect(ledger.holder(of: policy) == nil && ledger.holder(of: role) == api)
        // From then on the versions of the restored server count.
        journal.clear()
        ledger.observeList(at: restored)
        try await ledger.settleDoubt()
        #expect(journal.calls == [])
        #expect(try await ledger.claim([policy], for: web).isEmpty)
    }

    @Test("records that were never read are read before they are used, once, whoever asks first")
    func neverRead() async throws {
        _ = try await ledger().claim([policy], for: web)
        let ledger = ledger()
        // What the watch brings is not all there is.
        ledger.observeList(at: try await version())
        journal.clear()
        try await ledger.settleDoubt()
        #expect(ledger.holder(of: policy) == web)
        try await ledger.settleDoubt()
        #expect(journal.calls == ["kube get namespaces/lanyard-system/ownershiprecords"])
    }

    @Test("a list that is as new as what was seen asks for nothing")
    func currentList() async throws {
        let ledger = ledger()
        try await ledger.load()
        _ = try await ledger.claim([policy], for: web)
        journal.clear()
        ledger.observeList(at: try await version())
        ledger.observeList(at: ResourceVersion("900000"))
        ledger.observeList(at: ResourceVersion("opaque"))
        try await ledger.settleDoubt()
        #expect(journal.calls == [])
    }

    @Test("of many who are in doubt one reads the records", .timeLimit(.minutes(1)))
    func oneReader() async throws {
        let slow = SlowLists(base: server)
        let ledger = OwnershipLedger(api: slow, namespace: Self.namespace, clock: clock)
        try await ledger.load()
        ledger.observe(Delta(old: nil, new: lost(web)))
        ledger.observeList(at: try await version())
        // The answer comes when all others wait, or have asked, too.
        slow.delayAnswers { lists in ledger.waitingCount + lists == 8 }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { try await ledger.settleDoubt() } }
            try await group.waitForAll()
        }
        #expect(slow.count == 1)
        #expect(ledger.holder(of: policy) == nil)
    }

    @Test("what is claimed and given up while the records are read is not undone by what was read")
    func concurrentChanges() async throws {
        let former = ledger()
        _ = try await former.claim([role], for: api)
        let late = LateAnswers(base: server)
        let ledger = OwnershipLedger(api: late, namespace: Self.namespace, clock: clock)
        try await ledger.load()
        let (web, api, policy, role) = (web, api, policy, role)
        late.beforeAnswer {
            _ = try await ledger.claim([policy], for: web)
            try await ledger.release([role], of: api)
        }
        try await ledger.load()
        #expect(ledger.holder(of: policy) == web && ledger.holder(of: role) == nil)
        try await ledger.load()
        #expect(ledger.holder(of: policy) == web && ledger.holder(of: role) == nil)
    }
}

/// An API server on whose list something happens before the answer arrives.
private final class LateAnswers: KubernetesAPI {
    private let base: any KubernetesAPI
    private let action = Mutex<(@Sendable () async throws -> Void)?>(nil)

    init(base: any KubernetesAPI) { self.base = base }

    /// Does something once, when the next list is on its way back.
    func beforeAnswer(_ body: @escaping @Sendable () async throws -> Void) { action.withLock { $0 = body } }

    func send(_ request: APIRequest) async throws -> Data {
        let answer = try await base.send(request)
        guard request.method == .get, request.path.hasSuffix("/ownershiprecords") else { return answer }
        let action = action.withLock { action in
            defer { action = nil }
            return action
        }
        try await action?()
        return answer
    }

    func openWatch(_ request: APIRequest) async throws -> any AsyncSequence<Data, any Error> & Sendable {
        try await base.openWatch(request)
    }
}

/// An API server that answers lists as soon as something is true.
private final class SlowLists: KubernetesAPI {
    private let base: any KubernetesAPI
    private let state = Mutex(State())

    private struct State {
        var count = 0
        var mayAnswer: (@Sendable (Int) -> Bool)?
    }

    init(base: any KubernetesAPI) { self.base = base }

    /// How many lists were asked for since the answers are delayed.
    var count: Int { state.withLock { $0.count } }

    /// Keeps back answers until something is true, given how many lists were asked for by then.
    func delayAnswers(until mayAnswer: @escaping @Sendable (Int) -> Bool) {
        state.withLock { $0 = State(mayAnswer: mayAnswer) }
    }

    func send(_ request: APIRequest) async throws -> Data {
        guard request.method == .get, request.path.hasSuffix("/ownershiprecords") else {
            return try await base.send(request)
        }
        let mayAnswer = state.withLock { state in
            state.count += 1
            return state.mayAnswer
        }
        while let mayAnswer, !mayAnswer(count) {
            try Task.checkCancellation()
            await Task.yield()
        }
        return try await base.send(request)
    }

    func openWatch(_ request: APIRequest) async throws -> any AsyncSequence<Data, any Error> & Sendable {
        try await base.openWatch(request)
    }
}
