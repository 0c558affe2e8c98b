import LanyardAPI
import LanyardCore
import Testing

@Suite("EntryAction")
struct EntryActionTests {
    private func desired() throws -> RegistrationEntry {
        RegistrationEntry(
            id: "lanyard.prod.shop.web", spiffeID: try SPIFFEID("spiffe://example.org/web"),
            parentID: try SPIFFEID("spiffe://example.org/node"),
            selectors: Set(["k8s:ns:shop", "k8s:sa:web"].compactMap { WorkloadSelector($0) }))
    }

    private func plan(
        _ desired: RegistrationEntry, _ driftPolicy: DriftPolicy = .correct, actual: RegistrationEntry? = nil,
        older: String? = nil, similar: RegistrationEntry? = nil, isDrift: Bool = false
    ) -> EntryAction {
        EntryAction.make(
            desired: desired, driftPolicy: driftPolicy, actual: actual, olderClaimant: older, foreignSimilar: similar,
            isDrift: isDrift)
    }

    private func foreign(_ desired: RegistrationEntry) -> RegistrationEntry {
        var entry = desired
        entry.id = "by-hand"
        return entry
    }

    @Test("an entry that was never there is created")
    func create() throws {
        #expect(plan(try desired()) == .create(isDrift: false))
        #expect(plan(try desired(), .report) == .create(isDrift: false))
    }

    @Test("an entry that was there is created again, or its lack is reported")
    func deletedByHand() throws {
        #expect(plan(try desired(), isDrift: true) == .create(isDrift: true))
        #expect(plan(try desired(), .report, isDrift: true) == .reportDrift(fields: []))
    }

    @Test("an entry that is right needs nothing, whatever else there is", arguments: [true, false])
    func none(isDrift: Bool) throws {
        let desired = try desired()
        #expect(plan(desired, actual: desired, isDrift: isDrift) == .none)
        #expect(plan(desired, actual: desired, similar: foreign(desired), isDrift: isDrift) == .none)
    }

    @Test("a difference after a change of the spec is an update, not drift, also with policy Report")
    func change() throws {
        for policy in [DriftPolicy.correct, .report] {
            let desired = try desired()
            var actual = desired
            actual.x509SVIDTTL = 60
            #expect(plan(desired, policy, actual: actual) == .update(fields: [.x509SVIDTTL], isDrift: false))
        }
    }

    @Test("a difference that nobody asked for is drift, corrected or reported")
    func drift() throws {
        var actual = try desired()
        actual.isAdmin = true
        actual.expiresAt = 1
        #expect(
            plan(try desired(), actual: actual, isDrift: true)
                == .update(fields: [.admin, .expiresAt], isDrift: true))
        #expect(
            plan(try desired(), .report, actual: actual, isDrift: true)
                == .reportDrift(fields: [.admin, .expiresAt]))
    }

    @Test("a foreign entry with the same tuple is a conflict that names it, and nothing is created")
    func foreignEntry() throws {
        let desired = try desired()
        guard case .conflict(let message) = plan(desired, similar: foreign(desired)) else {
            Issue.record("no conflict")
            return
        }
        #expect(message.contains("\"by-hand\""))
    }

    @Test("a similar entry with our own ID is ours: it is compared, not created again")
    func ownSimilar() throws {
        let desired = try desired()
        #expect(plan(desired, similar: desired) == .none)
        var similar = desired
        similar.hint = "by hand"
        #expect(plan(desired, similar: similar) == .update(fields: [.hint], isDrift: false))
    }

    @Test("an update into a tuple that a foreign entry has is a conflict")
    func updateIntoForeignTuple() throws {
        let desired = try desired()
        var actual = desired
        actual.spiffeID = try SPIFFEID("spiffe://example.org/before")
        guard case .conflict = plan(desired, actual: actual, similar: foreign(desired)) else {
            Issue.record("no conflict")
            return
        }
    }

    @Test("a foreign entry with the same tuple does not keep other fields from being updated")
    func updateBesideForeignTuple() throws {
        let desired = try desired()
        var actual = desired
        actual.x509SVIDTTL = 60
        #expect(
            plan(desired, actual: actual, similar: foreign(desired)) == .update(fields: [.x509SVIDTTL], isDrift: false))
    }

    @Test("an older identity with the same tuple has it, whatever the server holds")
    func olderClaimant() throws {
        let desired = try desired()
        for actual in [nil, desired] {
            let made = plan(desired, actual: actual, older: "shop/first")
            guard case .conflict(let message) = made else {
                Issue.record("no conflict")
                return
            }
            #expect(message.contains("shop/first"))
        }
    }
}
