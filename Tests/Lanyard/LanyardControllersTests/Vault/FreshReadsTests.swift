import KubernetesModel
import TestSupport
import Testing
import VaultClient
import VaultTesting

@testable import LanyardControllers

@Suite("FreshReads", .timeLimit(.minutes(1)))
struct FreshReadsTests {
    private static let path = "database/config/good"

    private let world: SimulatedWorld
    private let journal = Journal()
    private let gate = Monitor(false)
    private let reads: FreshReads

    init() throws {
        world = try SimulatedWorld(seed: 1)
        reads = FreshReads(vault: RecordingVault(base: world.vault, journal: journal))
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

    @Test("those who ask while a read is under way share the next one, and never that one (rule vault-24)")
    func shared() async throws {
        hold()
        let reads = reads
        async let first = reads.read(Self.path)
        try await sent(1)
        try await withThrowingTaskGroup(of: JSONValue?.self) { group in
            for _ in 0..<8 { group.addTask { try await reads.read(Self.path) } }
            try await waiting(8)
            #expect(journal.calls.count == 1)
            gate.update { $0 = true }
            for try await answer in group { #expect(answer?["plugin_name"] != nil) }
        }
        let answer = try await first
        #expect(answer?["plugin_name"] != nil)
        #expect(journal.calls.count == 2)
        _ = try await reads.read(Self.path)
        #expect(journal.calls.count == 3)
    }

    @Test("another path waits for nobody")
    func otherPath() async throws {
        hold()
        let reads = reads
        async let first = reads.read(Self.path)
        try await sent(1)
        #expect(try await reads.read("database/config/second") != nil)
        #expect(try await reads.read("database/config/none") == nil)
        gate.update { $0 = true }
        let answer = try await first
        #expect(answer != nil)
    }

    @Test("a failure is that of all who shared the read, and of nobody else")
    func failure() async throws {
        hold()
        let reads = reads
        async let first = Self.code(of: reads)
        try await sent(1)
        journal.fail("vault read \(Self.path)", with: VaultError(.unavailable, "away"))
        try await withThrowingTaskGroup(of: VaultError.Code?.self) { group in
            for _ in 0..<3 { group.addTask { await Self.code(of: reads) } }
            try await waiting(3)
            gate.update { $0 = true }
            for try await code in group { #expect(code == .unavailable) }
        }
        // Which was sent before that.
        let code = await first
        #expect(code == nil)
        journal.heal()
        #expect(await Self.code(of: reads) == nil)
    }

    @Test("one that is cancelled leaves the others their answer")
    func cancelled() async throws {
        hold()
        let reads = reads
        async let first = reads.read(Self.path)
        try await sent(1)
        let leader = Task { await Self.code(of: reads) }
        try await waiting(1)
        async let other = Self.code(of: reads)
        try await waiting(2)
        leader.cancel()
        #expect(await leader.value == .cancelled)
        gate.update { $0 = true }
        let code = await other
        #expect(code == nil)
        let answer = try await first
        #expect(answer != nil)
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
