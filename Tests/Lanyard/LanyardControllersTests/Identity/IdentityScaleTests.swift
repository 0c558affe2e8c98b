import ControllerRuntime
import FoundationEssentials
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardControllers
import LanyardCore
import Logging
import SPIREClient
import SPIREEmulator
import Synchronization
import Testing

/// What many identities cost the SPIRE server, by its own log of calls.
@Suite("Identities at scale", .serialized)
struct IdentityScaleTests {
    /// How many identities; more for long runs.
    private static var count: Int {
        ProcessInfo.processInfo.environment["LANYARD_SCALE_IDENTITIES"].flatMap(Int.init) ?? 1_000
    }

    @Test(
        "identities that are applied at once share calls; then one change is one or two calls, and rest is one listing",
        .timeLimit(.minutes(10)))
    func manyIdentities() async throws {
        try await ScaleFixture.run { fixture in
            let names = (0..<Self.count).map { "app-\($0)" }
            for name in names { try await fixture.create(name) }
            try await fixture.work()
            #expect(fixture.entryCount == Self.count)
            let creations = try fixture.calls("BatchCreateEntry")
            let items = creations.map(\.items).reduce(0, +)
            #expect(items == Self.count)
            let average = Double(items) / Double(max(1, creations.count))
            print("\(items) entries in \(creations.count) calls: \(average) per call")
            #expect(average >= 50)
            #expect(try fixture.calls("GetEntry").isEmpty)
            #expect(try fixture.calls("ListEntries").isEmpty)

            // One new, one changed, one deleted.
            try fixture.forgetCalls()
            try await fixture.create("new")
            try await fixture.work()
            #expect(try fixture.entryCalls() == ["BatchCreateEntry"])
            try fixture.forgetCalls()
            try await fixture.edit("app-7") { $0.x509SVID = .init(ttl: "1h") }
            try await fixture.work()
            #expect(try fixture.entryCalls() == ["GetEntry", "BatchUpdateEntry"])
            try fixture.forgetCalls()
            try await fixture.delete("app-8")
            try await fixture.work()
            #expect(try fixture.entryCalls() == ["BatchDeleteEntry"])

            // At rest: one listing per interval, in pages that are spread over it.
            try await fixture.verify(for: .seconds(600))
            try fixture.forgetCalls()
            try await fixture.verify(for: .seconds(1_200))
            let pages = Self.count / 500 + 2
            let lists = try fixture.calls("ListEntries").count
            #expect((2 * pages - 1...2 * pages + 2).contains(lists), "\(lists) pages")
            #expect(try fixture.entryCalls().allSatisfy { $0 == "ListEntries" })
            #expect(fixture.take() == [])
        }
    }

    @Test("2 000 pods of one identity on 50 nodes: right, one pod more is one call, all gone", .timeLimit(.minutes(5)))
    func manyPods() async throws {
        try await ScaleFixture.run { fixture in
            for node in 0..<50 { fixture.placement.add(node: "n\(node)") }
            try fixture.world.registerAgents((0..<50).map { "n\($0)" })
            for pod in 0..<2_000 { fixture.placement.add(pod: "p\(pod)", on: "n\(pod % 50)") }
            try await fixture.create("web") { $0.placement = .pod }
            try await fixture.work()
            #expect(fixture.entryCount == 2_000)
            let creations = try fixture.calls("BatchCreateEntry")
            print("2000 entries in \(creations.count) calls")
            #expect(creations.count <= 40)
            let entry = try #require(
                try await fixture.registry.entry(id: "lanyard.sim.shop.web_uid-p73"))
            #expect(entry.parentID.path == "/spire/agent/k8s_psat/sim/uid-n23")
            #expect(entry.selectors.contains(try #require(WorkloadSelector("k8s:pod-uid:uid-p73"))))
            try fixture.forgetCalls()
            fixture.placement.add(pod: "new", on: "n3")
            let clock = SystemClock()
            let start = clock.now
            try await fixture.pass("web")
            #expect(clock.now - start < .seconds(1))
            #expect(try fixture.entryCalls() == ["BatchCreateEntry"])
            for pod in 0..<2_000 { fixture.placement.remove(pod: "p\(pod)") }
            fixture.placement.remove(pod: "new")
            try await fixture.pass("web")
            #expect(fixture.entryCount == 0)
        }
    }
}
