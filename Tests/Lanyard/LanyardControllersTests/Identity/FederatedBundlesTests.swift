import KubernetesModel
import KubernetesTesting
import LanyardAPI
import SPIREClient
import SPIREEmulator
import TestSupport
import Testing

@testable import LanyardControllers

@Suite("FederatedBundles", .timeLimit(.minutes(2)))
struct FederatedBundlesTests {
    private let registry: InMemoryEntryRegistry
    private let journal = Journal()
    private let clock = VirtualClock()
    private let bundles: LanyardControllers.FederatedBundles

    init() throws {
        let clock = clock
        registry = InMemoryEntryRegistry(
            trustDomain: try #require(TrustDomain("example.org")), makeID: { "made" },
            now: { clock.wallTime.secondsSince1970 })
        bundles = LanyardControllers.FederatedBundles(
            registry: RecordingRegistry(base: registry, journal: journal), clock: clock)
        store("one.example")
    }

    /// Puts bundles in place of all that there are.
    private func store(_ names: String...) {
        registry.withDatastore { $0.federatedBundles = Set(names) }
    }

    /// Lets the next listing begin, and end when the gate opens.
    private func hold() -> Monitor<Bool> {
        let gate = Monitor(false)
        journal.before("spire list bundles") { try await gate.wait { $0 ? () : nil } }
        return gate
    }

    @Test("an answer is kept for ten seconds, and not longer")
    func validity() async throws {
        #expect(try await bundles.names() == ["one.example"])
        store("two.example")
        clock.advance(by: .milliseconds(9_999))
        #expect(try await bundles.names() == ["one.example"])
        #expect(journal.calls.count == 1)
        clock.advance(by: .milliseconds(1))
        #expect(try await bundles.names() == ["two.example"])
    }

    @Test("however many need the names at a time, the server is asked once, and a failure is everybody's who waits")
    func askedOnce() async throws {
        let bundles = bundles
        for isAway in [true, false] {
            if isAway { journal.fail("spire", with: SPIREError(.unavailable, "away")) } else { journal.heal() }
            journal.clear()
            let gate = hold()
            try await withThrowingTaskGroup(of: Result<Set<String>, any Error>.self) { group in
                for _ in 0..<20 {
                    group.addTask { await Result<Set<String>, any Error>.of { try await bundles.names() } }
                }
                try await eventually("all wait for one") { bundles.waitingCount == 19 }
                gate.update { $0 = true }
                for try await names in group {
                    if isAway {
                        #expect(throws: SPIREError(.unavailable, "away")) { try names.get() }
                    } else {
                        #expect(try names.get() == ["one.example"])
                    }
                }
            }
            #expect(journal.calls == ["spire list bundles"])
        }
    }

    @Test("a listing that began before the server said something else is nobody's answer who asks after that")
    func forgotten() async throws {
        let (bundles, gate) = (bundles, hold())
        try await withThrowingTaskGroup(of: Set<String>.self) { group in
            group.addTask { try await bundles.names() }
            try await eventually("the first asks") { journal.calls.count == 1 }
            bundles.forget()
            group.addTask { try await bundles.names() }
            // Not beside the first: one listing at a time.
            try await eventually("the second waits") { bundles.waitingCount == 1 }
            #expect(journal.calls.count == 1)
            gate.update { $0 = true }
            for try await names in group { #expect(names == ["one.example"]) }
            #expect(journal.calls.count == 2)
        }
        // What the second was told is kept; what the first was told was not.
        #expect(try await bundles.names() == ["one.example"])
        #expect(journal.calls.count == 2)
        bundles.forget()
        store()
        #expect(try await bundles.names() == [])
    }
}
