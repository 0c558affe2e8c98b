import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

@Suite("IdentityStatusMaker")
struct IdentityStatusMakerTests {
    private static let before = "2026-01-01T00:00:00Z"
    private static let now = "2026-01-02T00:00:00Z"

    private let synced = ConditionOutcome.holds(.synced, "the registration entry is as declared")
    private let resolved = ConditionOutcome.holds(.resolved, "live agents serve it")

    private func identity(generation: Int64 = 1, status: WorkloadIdentityStatus? = nil) -> WorkloadIdentity {
        WorkloadIdentity(
            metadata: ObjectMeta(name: "web", namespace: "shop", uid: "u", generation: generation), status: status)
    }

    private func entry() throws -> RegistrationEntry {
        RegistrationEntry(
            id: "lanyard.prod.shop.web", spiffeID: try SPIFFEID("spiffe://example.org/ns/shop/sa/web"),
            parentID: try SPIFFEID("spiffe://example.org/agents"), selectors: [])
    }

    private func accepted(
        note: String? = nil, inPlace: Bool = true, synced: ConditionOutcome? = nil, parent: ConditionOutcome? = nil
    ) throws -> IdentityOutcome {
        let wanted = [DesiredEntry(entry: try entry())]
        return .accepted(
            note: note, spiffeID: try entry().spiffeID, entries: RegisteredEntries(inPlace ? wanted : [], of: wanted),
            synced: synced ?? self.synced, parent: parent ?? resolved)
    }

    private func status(
        _ outcome: IdentityOutcome, of identity: WorkloadIdentity, now: String = Self.now
    ) -> WorkloadIdentityStatus {
        IdentityStatusMaker.status(of: identity, outcome: outcome, now: now)
    }

    @Test("an identity that is right names its entry and is Ready")
    func ready() throws {
        let made = status(try accepted(), of: identity(generation: 4))
        #expect(made.observedGeneration == 4)
        #expect(made.spiffeID == "spiffe://example.org/ns/shop/sa/web")
        #expect(made.parentID == "spiffe://example.org/agents")
        #expect(made.entryCount == 1)
        #expect(
            made.entries == [.init(id: "lanyard.prod.shop.web", parentID: "spiffe://example.org/agents")])
        #expect(made.conditions?.map(\.type) == ["Ready", "Accepted", "EntriesSynced", "ParentResolved"])
        #expect(made.conditions?.allSatisfy { $0.status == .yes } == true)
    }

    @Test("of many entries twenty are named and all are counted; several parents or IDs are no single one")
    func manyEntries() throws {
        var entries: [DesiredEntry] = []
        for index in 100..<150 {
            var entry = try entry()
            entry.id = "lanyard.prod.shop.web_\(index)"
            entry.parentID = try SPIFFEID("spiffe://example.org/agent/\(index)")
            entries.append(DesiredEntry(entry: entry, node: "n\(index)", pod: "p\(index)"))
        }
        let made = status(
            .accepted(
                note: nil, spiffeID: nil, entries: RegisteredEntries(entries, of: entries), synced: synced,
                parent: resolved), of: identity())
        #expect(made.spiffeID == nil)
        #expect(made.parentID == nil)
        #expect(made.entryCount == 50)
        #expect(made.entries?.count == 20)
        #expect(
            made.entries?.first
                == .init(
                    id: "lanyard.prod.shop.web_100", parentID: "spiffe://example.org/agent/100", node: "n100",
                    pod: "p100"))
    }

    @Test("what a pass did not find out about the entries stays as it was known")
    func unknownEntries() throws {
        let first = status(try accepted(), of: identity(), now: Self.before)
        let made = status(
            .accepted(
                note: nil, spiffeID: try entry().spiffeID, entries: nil, synced: .fails(.spireUnavailable, "away"),
                parent: resolved), of: identity(status: first))
        #expect(made.entries == first.entries)
        #expect(made.entryCount == 1)
        #expect(made.parentID == first.parentID)
    }

    @Test("an entry that could not be made is not counted")
    func notInPlace() throws {
        let made = status(try accepted(inPlace: false, synced: .fails(.conflict, "taken")), of: identity())
        #expect(made.entryCount == 0)
        #expect(made.entries == [])
        #expect(made.conditions?.condition("Ready")?.reason == "Conflict")
    }

    @Test("an entry that no agent will ever serve is synced and the identity is not Ready")
    func noAgents() throws {
        let made = status(try accepted(parent: .fails(.noLiveAgents, "none")), of: identity())
        #expect(made.conditions?.condition("EntriesSynced")?.status == .yes)
        #expect(made.conditions?.condition("Ready")?.status == .no)
        #expect(made.conditions?.condition("Ready")?.reason == "NoLiveAgents")
    }

    @Test("a refused spec keeps what is known of the entry that exists")
    func refused() throws {
        let first = status(try accepted(), of: identity(), now: Self.before)
        let made = status(
            .refused(reason: .invalidSpec, message: "spec.hint: must not"), of: identity(generation: 2, status: first))
        #expect(made.observedGeneration == 2)
        #expect(made.entries == first.entries)
        #expect(made.conditions?.condition("Accepted")?.status == .no)
        #expect(made.conditions?.condition("Ready")?.reason == "InvalidSpec")
        #expect(made.conditions?.condition("EntriesSynced") == first.conditions?.condition("EntriesSynced"))
        #expect(made.conditions?.condition("ParentResolved") == first.conditions?.condition("ParentResolved"))
    }

    @Test("a failed cleanup is said of the entry, and the rest stays")
    func cleanupFailed() throws {
        let first = status(try accepted(), of: identity(), now: Self.before)
        let made = status(.cleanupFailed(.fails(.spireUnavailable, "away")), of: identity(generation: 2, status: first))
        #expect(made.conditions?.condition("EntriesSynced")?.reason == "SPIREUnavailable")
        #expect(made.conditions?.condition("Ready")?.status == .no)
        #expect(made.conditions?.condition("Accepted") == first.conditions?.condition("Accepted"))
    }

    @Test("a note is what Accepted says")
    func note() throws {
        #expect(
            status(try accepted(note: "without effect"), of: identity()).conditions?.condition("Accepted")?.message
                == "without effect")
    }

    @Test("the same outcome again gives the same status, whatever the time, also when it is bad")
    func constant() throws {
        let outcomes: [IdentityOutcome] = [
            try accepted(), try accepted(inPlace: false, synced: .fails(.spireUnavailable, "away")),
            .refused(reason: .invalidSpec, message: "no"), .cleanupFailed(.fails(.spireUnavailable, "away")),
        ]
        for outcome in outcomes {
            let first = status(outcome, of: identity(), now: Self.before)
            #expect(status(outcome, of: identity(status: first), now: Self.now) == first)
            #expect(first.conditions?.allSatisfy { !$0.message.contains("2026") } == true)
        }
    }
}
