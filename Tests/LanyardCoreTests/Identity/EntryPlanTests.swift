import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

@Suite("EntryPlan")
struct EntryPlanTests {
    private func desired(_ driftPolicy: DriftPolicy = .correct) throws -> DesiredIdentity {
        DesiredIdentity(
            entry: RegistrationEntry(
                id: "lanyard.prod.shop.web", spiffeID: try SPIFFEID("spiffe://example.org/web"),
                parentID: try SPIFFEID("spiffe://example.org/node"),
                selectors: Set(["k8s:ns:shop", "k8s:sa:web"].compactMap { WorkloadSelector($0) })),
            serviceAccountName: "web", driftPolicy: driftPolicy)
    }

    private func plan(
        _ desired: DesiredIdentity, actual: RegistrationEntry? = nil, older: ObjectKey? = nil,
        similar: RegistrationEntry? = nil, converged: Bool = false, claims: Bool = false
    ) -> EntryPlan {
        EntryPlan.make(
            desired: desired, actual: actual, olderClaimant: older, foreignSimilar: similar, convergedBefore: converged,
            statusClaimsSynced: claims)
    }

    private func foreign(_ desired: DesiredIdentity) -> RegistrationEntry {
        var entry = desired.entry
        entry.id = "by-hand"
        return entry
    }

    @Test("an entry that was never there is created")
    func create() throws {
        #expect(plan(try desired()) == .create(isDrift: false))
        #expect(plan(try desired(.report)) == .create(isDrift: false))
    }

    @Test(
        "an entry that was there is created again, or its lack is reported", arguments: [(true, false), (false, true)])
    func deletedByHand(converged: Bool, claims: Bool) throws {
        #expect(plan(try desired(), converged: converged, claims: claims) == .create(isDrift: true))
        #expect(plan(try desired(.report), converged: converged, claims: claims) == .reportDrift(fields: []))
    }

    @Test("an entry that is right needs nothing, whatever else there is", arguments: [true, false])
    func none(converged: Bool) throws {
        let desired = try desired()
        #expect(plan(desired, actual: desired.entry, converged: converged) == .none)
        #expect(plan(desired, actual: desired.entry, similar: foreign(desired), converged: converged) == .none)
    }

    @Test("a difference after a change of the spec is an update, not drift, also with policy Report")
    func change() throws {
        for policy in [DriftPolicy.correct, .report] {
            let desired = try desired(policy)
            var actual = desired.entry
            actual.x509SVIDTTL = 60
            #expect(plan(desired, actual: actual) == .update(fields: [.x509SVIDTTL], isDrift: false))
        }
    }

    @Test(
        "a difference from what was converged is drift, corrected or reported",
        arguments: [(true, false), (false, true)])
    func drift(converged: Bool, claims: Bool) throws {
        var actual = try desired().entry
        actual.isAdmin = true
        actual.expiresAt = 1
        #expect(
            plan(try desired(), actual: actual, converged: converged, claims: claims)
                == .update(fields: [.admin, .expiresAt], isDrift: true))
        #expect(
            plan(try desired(.report), actual: actual, converged: converged, claims: claims)
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
        #expect(plan(desired, similar: desired.entry) == .none)
        var similar = desired.entry
        similar.hint = "by hand"
        #expect(plan(desired, similar: similar) == .update(fields: [.hint], isDrift: false))
    }

    @Test("an update into a tuple that a foreign entry has is a conflict")
    func updateIntoForeignTuple() throws {
        let desired = try desired()
        var actual = desired.entry
        actual.spiffeID = try SPIFFEID("spiffe://example.org/before")
        guard case .conflict = plan(desired, actual: actual, similar: foreign(desired)) else {
            Issue.record("no conflict")
            return
        }
    }

    @Test("a foreign entry with the same tuple does not keep other fields from being updated")
    func updateBesideForeignTuple() throws {
        let desired = try desired()
        var actual = desired.entry
        actual.x509SVIDTTL = 60
        #expect(
            plan(desired, actual: actual, similar: foreign(desired)) == .update(fields: [.x509SVIDTTL], isDrift: false))
    }

    @Test("an older identity with the same tuple has it, whatever the server holds")
    func olderClaimant() throws {
        let desired = try desired()
        for actual in [nil, desired.entry] {
            let made = plan(desired, actual: actual, older: ObjectKey(namespace: "shop", name: "first"))
            guard case .conflict(let message) = made else {
                Issue.record("no conflict")
                return
            }
            #expect(message.contains("shop/first"))
        }
    }
}
