import KubernetesModel
import KubernetesTesting
import TestSupport
import Testing
import VaultClient
import VaultTesting

@testable import LanyardControllers

@Suite("FreshReads", .timeLimit(.minutes(1)))
struct FreshReadsTests {
    private static let path = "database/config/good"
    private static let other = "database/config/second"

    private let world: SimulatedWorld
    private let journal = Journal()
    private let gate = Monitor(false)
    private let reads: FreshReads

    init() throws {
        world = try SimulatedWorld(seed: 1)
        reads = FreshReads(vault: RecordingVault(base: world.vault, journal: journal), clock: world.clock)
    }

    /// Has the next read stay under way until the gate opens.
    private func hold() {
        let gate = gate
        journal.before("vault read \(Self.path)") { try await gate.wait { $0 ? () : nil } }
    }

    private func sent(_ count: Int) async throws {
        let journal = journal
        try await eventually("\(count) reads are sent") { journal.calls.count == count }
    }

    private func waiting(_ count: Int) async throws {
        let reads = reads
        try await eventually("\(count) wait") { reads.waitingCount == count }
    }

    @Test("who asks within a moment after a read was sent shares it, and nobody else (rule vault-24)")
    func shared() async throws {
        hold()
        let reads = reads
        async let first = reads.read(Self.path)
        try await sent(1)
        try await withThrowingTaskGroup(of: JSONValue?.self) { group in
            for _ in 0..<8 { group.addTask { try await reads.read(Self.path) } }
            try await waiting(8)
            gate.update { $0 = true }
            for try await answer in group { #expect(answer?["plugin_name"] != nil) }
        }
        let answer = try await first
        #expect(answer?["plugin_name"] != nil)
        world.clock.advance(by: FreshReads.lifetime)
        #expect(try await reads.read(Self.path) == answer)
        #expect(journal.calls.count == 1)
        world.clock.advance(by: .milliseconds(1))
        #expect(try await reads.read(Self.path) == answer)
        #expect(journal.calls.count == 2)
    }

    @Test("that there is nothing is shared, too")
    func nothing() async throws {
        #expect(try await reads.read("database/config/none") == nil)
        #expect(try await reads.read("database/config/none") == nil)
        #expect(journal.calls.count == 1)
    }

    @Test("who asks when a read hangs for longer does not wait for it")
    func hanging() async throws {
        hold()
        let reads = reads
        async let first = reads.read(Self.path)
        try await sent(1)
        world.clock.advance(by: FreshReads.lifetime + .milliseconds(1))
        journal.heal()
        #expect(try await reads.read(Self.path) != nil)
        #expect(journal.calls.count == 2)
        // What comes late is not newer.
        world.vault.foreignDelete(Self.path)
        gate.update { $0 = true }
        _ = try await first
        #expect(try await reads.read(Self.path) != nil)
        #expect(journal.calls.count == 2)
    }

    @Test("after a write nobody gets an answer to what was asked before it", arguments: [true, false])
    func expired(isUnderWay: Bool) async throws {
        if isUnderWay { hold() }
        let reads = reads
        async let first = reads.read(Self.path)
        if isUnderWay { try await sent(1) } else { _ = try await first }
        reads.expire()
        journal.heal()
        world.vault.foreignDelete(Self.path)
        #expect(try await reads.read(Self.path) == nil)
        gate.update { $0 = true }
        _ = try await first
        #expect(try await reads.read(Self.path) == nil)
        #expect(journal.calls.count == 2)
    }

    @Test("another path waits for nobody")
    func otherPath() async throws {
        hold()
        let reads = reads
        async let first = reads.read(Self.path)
        try await sent(1)
        #expect(try await reads.read(Self.other) != nil)
        #expect(try await reads.read("database/config/none") == nil)
        gate.update { $0 = true }
        let answer = try await first
        #expect(answer != nil)
    }

    @Test("a failure is that of all who waited for the read, and of nobody else")
    func failure() async throws {
        let gate = gate
        journal.fail("vault read \(Self.path)", with: VaultError(.unavailable, "away"))
        journal.before("vault read \(Self.path)") { try await gate.wait { $0 ? () : nil } }
        let reads = reads
        try await withThrowingTaskGroup(of: VaultError.Code?.self) { group in
            for _ in 0..<3 { group.addTask { await Self.code(of: reads) } }
            try await waiting(2)
            gate.update { $0 = true }
            for try await code in group { #expect(code == .unavailable) }
        }
        #expect(journal.calls.count == 1)
        journal.heal()
        #expect(await Self.code(of: reads) == nil)
    }

    @Test("one that is cancelled leaves the others their answer")
    func cancelled() async throws {
        hold()
        let reads = reads
        let leader = Task { await Self.code(of: reads) }
        try await sent(1)
        async let other = Self.code(of: reads)
        try await waiting(1)
        leader.cancel()
        #expect(await leader.value != nil)
        gate.update { $0 = true }
        let code = await other
        #expect(code == nil)
        #expect(reads.waitingCount == 0)
    }

    private static func code(of reads: FreshReads) async -> VaultError.Code? {
        do throws(VaultError) {
            _ = try await reads.read(path)
            return nil
        } catch {
            return error.code
        }
    }
}
