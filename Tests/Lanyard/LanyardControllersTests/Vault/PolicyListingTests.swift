import KubernetesModel
import KubernetesTesting
import TestSupport
import Testing
import VaultClient
import VaultTesting

@testable import LanyardControllers

@Suite("PolicyListing", .timeLimit(.minutes(1)))
struct PolicyListingTests {
    private static let listing = "vault details sys/policies/detailed/acl"
    private static let count = 60

    private let world: SimulatedWorld
    private let journal = Journal()
    private let gate = Monitor(false)
    private let policies: PolicyListing

    init() throws {
        world = try SimulatedWorld(seed: 1)
        for number in 0..<Self.count {
            world.vault.foreignWrite(Self.path(number), ["policy": .string("# \(number)")])
        }
        policies = Self.policies(of: world.vault, journal, world)
    }

    private static func policies(
        of vault: InMemoryVault, _ journal: Journal, _ world: SimulatedWorld, bindings: Int = PolicyListingTests.count
    ) -> PolicyListing {
        PolicyListing(
            RecordingVault(base: vault, journal: journal), clock: world.clock, population: { bindings })
    }

    private static func path(_ number: Int) -> String { "sys/policies/acl/web\(number)" }

    private static func read(_ number: Int) -> String { "vault read \(path(number))" }

    /// Asks for policies, and demands that the answers are right.
    private func ask(_ numbers: Range<Int>) async throws {
        for number in numbers {
            let policy = try await policies.policy(at: Self.path(number))
            #expect(policy != nil && policy == world.vault.peek(Self.path(number)))
        }
    }

    /// Has the next listing stay under way until the gate opens.
    private func hold() {
        let gate = gate
        journal.before(Self.listing) { try await gate.wait { $0 ? () : nil } }
    }

    private func sent(_ count: Int) async throws {
        let journal = journal
        try await eventually("\(count) calls are sent") { journal.calls.count == count }
    }

    @Test("one listing stands for the first read of each policy, and for no other (rule vault-25)")
    func first() async throws {
        try await ask(0..<Self.count)
        #expect(journal.calls == [Self.listing])
        try await ask(0..<2)
        #expect(journal.calls == [Self.listing, Self.read(0), Self.read(1)])
    }

    @Test("who asks while it is under way shares it")
    func shared() async throws {
        hold()
        let policies = policies
        try await withThrowingTaskGroup(of: JSONValue?.self) { group in
            for number in 0..<8 { group.addTask { try await policies.policy(at: Self.path(number)) } }
            try await eventually("seven wait") { policies.waitingCount == 7 }
            gate.update { $0 = true }
            for try await policy in group { #expect(policy != nil) }
        }
        #expect(journal.calls == [Self.listing])
    }

    @Test("when the first who asked is cancelled, another lists")
    func cancelled() async throws {
        hold()
        let policies = policies
        let leader = Task { try await policies.policy(at: Self.path(0)) }
        try await sent(1)
        async let other = policies.policy(at: Self.path(1))
        try await eventually("the other waits") { policies.waitingCount == 1 }
        leader.cancel()
        let policy = try await other
        #expect(policy == world.vault.peek(Self.path(1)))
        _ = try? await leader.value
        #expect(journal.calls.count { $0 == Self.listing } == 2)
        #expect(!journal.calls.contains(Self.read(1)))
    }

    // MARK: - What is read by itself

    @Test("what a listing does not show is not absent, but read (rule vault-25)")
    func unlisted() async throws {
        try await ask(0..<1)
        world.vault.foreignWrite("sys/policies/acl/new", ["policy": "#"])
        #expect(try await policies.policy(at: "sys/policies/acl/new") != nil)
        #expect(try await policies.policy(at: "sys/policies/acl/none") == nil)
        #expect(
            journal.calls == [
                Self.listing, "vault read sys/policies/acl/new", "vault read sys/policies/acl/none",
            ])
    }

    @Test("what is shown without a version is read: it could be overwritten unseen")
    func withoutVersion() throws {
        var state = PolicyListing.State()
        let sent = state.flight(for: Self.path(0), of: Self.count, at: .zero)
        let flight = try #require(sent)
        state.note(["web0": ["policy": "#"], "web1": ["policy": "#", "version": 1]], of: flight)
        let (unsafe, safe) = (state.take(Self.path(0), at: .zero), state.take(Self.path(1), at: .zero))
        #expect(unsafe == nil && safe != nil)
    }

    @Test(
        "a listing that fails is not sent again",
        arguments: [
            VaultError.Code.permissionDenied, .rejected, .mountMissing, .malformedAnswer, .unavailable, .rateLimited,
        ])
    func refused(_ code: VaultError.Code) async throws {
        journal.fail(Self.listing, with: VaultError(code, "no"))
        try await ask(0..<1)
        journal.heal()
        world.clock.advance(by: .seconds(5))
        try await ask(1..<3)
        #expect(journal.calls == [Self.listing, Self.read(0), Self.read(1), Self.read(2)])
    }

    @Test("Vault is not asked for one")
    func otherServer() async throws {
        let vault = InMemoryVault(mounts: [:], flavour: .vault)
        vault.foreignWrite(Self.path(0), ["policy": "#"])
        let policies = Self.policies(of: vault, journal, world)
        #expect(try await policies.policy(at: Self.path(0)) == vault.peek(Self.path(0)))
        #expect(journal.calls == [Self.read(0)])
    }

    @Test("one that takes too long to be of use is not waited for")
    func late() async throws {
        hold()
        let policies = policies
        async let first = policies.policy(at: Self.path(0))
        try await sent(1)
        await world.clock.waitForSleepers()
        world.clock.advance(by: PolicyListing.lifetime)
        let policy = try await first
        #expect(policy == world.vault.peek(Self.path(0)))
        try await ask(1..<2)
        #expect(journal.calls == [Self.listing, Self.read(0), Self.read(1)])
    }

    @Test("few bindings are not worth one", arguments: [(PolicyListing.leastWaiting, false), (33, true)])
    func few(bindings: Int, isListed: Bool) async throws {
        let policies = Self.policies(of: world.vault, journal, world, bindings: bindings)
        _ = try await policies.policy(at: Self.path(0))
        #expect(journal.calls == [isListed ? Self.listing : Self.read(0)])
    }

    // MARK: - How long it stands

    @Test("after a second there is another one, if enough wait and the first was of use")
    func again() async throws {
        try await ask(0..<10)
        world.clock.advance(by: PolicyListing.lifetime)
        try await ask(10..<11)
        #expect(journal.calls == [Self.listing])
        world.clock.advance(by: .milliseconds(1))
        world.vault.foreignWrite(Self.path(11), ["policy": "# other"])
        try await ask(11..<Self.count)
        #expect(journal.calls == [Self.listing, Self.listing])
    }

    @Test("after one that nobody had much of there is none", arguments: [5, 10])
    func useless(asked: Int) async throws {
        try await ask(0..<asked)
        world.clock.advance(by: PolicyListing.lifetime + .milliseconds(1))
        try await ask(asked..<asked + 2)
        #expect(journal.calls.count { $0 == Self.listing } == (asked == 5 ? 1 : 2))
    }

    @Test("what is asked for first a minute after the start is read by itself")
    func over() async throws {
        try await ask(0..<20)
        world.clock.advance(by: PolicyListing.longestLook + .milliseconds(1))
        try await ask(20..<22)
        #expect(journal.calls == [Self.listing, Self.read(20), Self.read(21)])
    }

    // MARK: - Own writes

    @Test("it does not stand for what this process writes or deletes, before that is sent", arguments: [true, false])
    func written(isUnderWay: Bool) async throws {
        if isUnderWay { hold() }
        let policies = policies
        async let first = policies.policy(at: Self.path(0))
        if isUnderWay { try await sent(1) } else { _ = try await first }
        journal.before("vault write \(Self.path(1))") { _ = try await policies.policy(at: Self.path(1)) }
        try await policies.write(Self.path(1), ["policy": "# new"])
        try await policies.delete(Self.path(2))
        gate.update { $0 = true }
        _ = try await first
        #expect(try await policies.policy(at: Self.path(2)) == nil)
        try await ask(3..<4)
        #expect(journal.calls.count { $0 == Self.listing } == 1)
        #expect(journal.calls.contains(Self.read(1)) && journal.calls.contains(Self.read(2)))
        #expect(!journal.calls.contains(Self.read(3)))
    }
}
