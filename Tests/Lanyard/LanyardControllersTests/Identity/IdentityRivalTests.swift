import ControllerRuntime
import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import Testing

/// However many identities a ServiceAccount has, each is decided on once for all who come behind it.
@Suite("IdentityReconciler: older identities of the same ServiceAccount")
struct IdentityRivalTests {
    private static let count = 12

    private let lanyard: TestOperator

    init() async throws {
        lanyard = try await TestOperator()
        lanyard.boundaries.set([.permissive])
    }

    private func create(_ fill: (inout WorkloadIdentitySpec) -> Void = { _ in }) async throws {
        for index in 0..<Self.count {
            try await lanyard.create(identity: "web-\(index)") { spec in
                spec.serviceAccountName = "web"
                fill(&spec)
            }
        }
    }

    private func reconcileAll() async throws {
        for index in 0..<Self.count { _ = try? await lanyard.reconcile(identity: "web-\(index)") }
    }

    private var decisions: Int { lanyard.boundaries.book.timesDecidedOnRivals }

    @Test("where each wants an entry of its own, one more costs one more decision")
    func distinct() async throws {
        try await create { $0.spiffeID = "/ns/{namespace}/sa/{serviceAccount}/{name}" }
        try await reconcileAll()
        for index in 0..<Self.count {
            #expect(try await lanyard.condition("EntriesSynced", ofIdentity: "web-\(index)").status == .yes)
        }
        #expect(decisions < 2 * Self.count)
    }

    @Test("where all want the same entry only the oldest is looked at, and is named")
    func same() async throws {
        try await create()
        for _ in 0..<3 { try await reconcileAll() }
        #expect(decisions < 4)
        for index in 1..<Self.count {
            let synced = try await lanyard.condition("EntriesSynced", ofIdentity: "web-\(index)")
            #expect(synced.reason == "Conflict" && synced.message.contains("shop/web-0"))
        }
    }

    @Test("who is shadowed by the hint of an older one finds that out without deciding on it again")
    func hints() async throws {
        try await create {
            $0.spiffeID = "/ns/{namespace}/sa/{serviceAccount}/{name}"
            $0.hint = "same"
        }
        for _ in 0..<3 { try await reconcileAll() }
        #expect(decisions < 2 * Self.count)
    }

    @Test("another boundary is another decision, and nothing is remembered of those that are gone")
    func forgotten() async throws {
        try await create()
        try await reconcileAll()
        let before = decisions
        var other = IdentityBoundary.permissive
        other.spec.identity?.maxX509TTL = "1h"
        lanyard.boundaries.set([other])
        try await reconcileAll()
        #expect(decisions > before)
        #expect(lanyard.boundaries.book.rememberedRivals == 1)
        try await lanyard.delete(identity: "web-0")
        for _ in 0..<2 { _ = try? await lanyard.reconcile(identity: "web-0") }
        #expect(lanyard.boundaries.book.rememberedRivals == 0)
    }
}
