import LanyardAPI
import LanyardCore
import Testing

@Suite("IdentityPlan")
struct IdentityPlanTests {
    private static let unconverged = IdentityPlan.Generation(convergedBefore: false, statusClaimsSynced: false)
    private static let converged = IdentityPlan.Generation(convergedBefore: true, statusClaimsSynced: true)
    private static let claimed = IdentityPlan.Generation(convergedBefore: false, statusClaimsSynced: true)

    private func entry(_ id: String, ttl: Int32 = 0, node: String? = "n") throws -> DesiredEntry {
        var entry = RegistrationEntry(
            id: id, spiffeID: try SPIFFEID("spiffe://example.org/web"),
            parentID: try SPIFFEID("spiffe://example.org/n"),
            selectors: Set([WorkloadSelector("k8s:ns:shop")].compactMap { $0 }))
        entry.x509SVIDTTL = ttl
        return DesiredEntry(entry: entry, node: node)
    }

    private func plan(
        _ candidates: [IdentityPlan.Candidate], wanted: DesiredEntries? = nil, existing: Set<String> = [],
        gone: Set<String> = [], _ driftPolicy: DriftPolicy = .correct,
        _ generation: IdentityPlan.Generation = unconverged
    ) -> IdentityPlan {
        IdentityPlan.make(
            candidates: candidates, wanted: wanted ?? DesiredEntries(entries: candidates.map(\.desired)),
            existing: existing, gone: gone, driftPolicy: driftPolicy, generation: generation)
    }

    @Test("equal facts make equal plans, whatever their order")
    func order() throws {
        let candidates = try ["c", "a", "b"].map { IdentityPlan.Candidate(desired: try entry($0)) }
        let made = plan(candidates, existing: ["z", "y"])
        #expect(made == plan(candidates.reversed(), existing: ["y", "z"]))
        #expect(made.steps.map(\.desired.entry.id) == ["a", "b", "c"])
        #expect(made.steps.allSatisfy { $0.action == .create(isDrift: false) })
        #expect(made.replaced == ["y", "z"] && made.deletions == [])
        #expect(made.writes)
    }

    @Test("what is right, and what is withheld, is not deleted; what is of no pod any more is")
    func deletions() throws {
        let wanted = DesiredEntries(
            entries: [try entry("a")],
            withheld: [WithheldEntry(id: "b", needsIntervention: true, message: "no label")])
        let made = plan([], wanted: wanted, existing: ["a", "b", "c"], .correct, Self.converged)
        #expect(made.deletions == ["c"])
        #expect(made.steps == [])
        #expect(made.replaced == [])
    }

    @Test("what is outside of a boundary that withdraws goes, in the first pass as well", arguments: [true, false])
    func outside(keepsExisting: Bool) {
        let withheld = WithheldEntry(id: "b", needsIntervention: true, message: "", keepsExisting: keepsExisting)
        for generation in [Self.converged, Self.unconverged] {
            let made = plan([], wanted: DesiredEntries(withheld: [withheld]), existing: ["b"], .correct, generation)
            #expect(made.withdrawals == (keepsExisting ? [] : ["b"]) && made.deletions == [] && made.replaced == [])
            #expect(made.writes == !keepsExisting)
        }
    }

    @Test("what must not stay goes, whatever else waits, and only if it is there")
    func forbidden() {
        let withheld = ["a", "b", "c"].map {
            WithheldEntry(id: $0, needsIntervention: true, message: "", keepsExisting: $0 == "a")
        }
        let made = plan(
            [], wanted: DesiredEntries(withheld: withheld), existing: ["a", "b", "d"], .correct, Self.unconverged)
        #expect(made.withdrawals == ["b"] && made.deletions == [] && made.replaced == [])
    }

    @Test("what is for a node or pod that is gone goes whatever else waits or fails", arguments: [true, false])
    func gone(isWaiting: Bool) {
        let generation = IdentityPlan.Generation(
            convergedBefore: false, statusClaimsSynced: false, servedBefore: ["a", "b", "x"])
        let withheld = WithheldEntry(id: "b", needsIntervention: true, message: "no label")
        let made = plan(
            [], wanted: DesiredEntries(withheld: isWaiting ? [withheld] : []), existing: ["a", "b", "c", "d"],
            gone: ["b", "d", "y"], .correct, generation)
        #expect(made.deletions == (isWaiting ? ["a", "d"] : ["a", "b", "d"]))
        // Of a former spec.
        #expect(made.replaced == (isWaiting ? [] : ["c"]))
        #expect(made.writes)
    }

    @Test("after a change of the spec, what it replaces goes only when the new entries are there")
    func makeBeforeBreak() throws {
        for generation in [Self.unconverged, Self.claimed] {
            let made = plan([], existing: ["a"], .correct, generation)
            #expect(made.replaced == ["a"] && made.deletions == [])
            #expect(made.writes)
        }
    }

    @Test("nothing to do writes nothing")
    func nothing() throws {
        let right = try entry("a")
        let made = plan([.init(desired: right, actual: right.entry)], existing: ["a"])
        #expect(made.steps.map(\.action) == [.none])
        #expect(!made.writes)
    }

    /// What is known of one entry, and whether a difference is drift then.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var actualTTL: Int32?
        var confirmedTTL: Int32?
        var generation = IdentityPlanTests.converged
        var node: String? = "n"
        let isDrift: Bool
    }

    private static let cases: [Case] = [
        Case(testDescription: "new spec", actualTTL: 1, confirmedTTL: 1, generation: unconverged, isDrift: false),
        Case(testDescription: "changed by hand", actualTTL: 1, confirmedTTL: 60, isDrift: true),
        Case(testDescription: "deleted by hand", confirmedTTL: 60, isDrift: true),
        Case(testDescription: "the pod's labels changed", actualTTL: 1, confirmedTTL: 1, isDrift: false),
        Case(testDescription: "a new pod", isDrift: false),
        Case(testDescription: "a new pod after a restart", generation: claimed, isDrift: false),
        Case(
            testDescription: "the cluster's entry is gone after a restart", generation: claimed, node: nil,
            isDrift: true),
        Case(testDescription: "changed before a restart", actualTTL: 1, generation: claimed, isDrift: true),
        Case(testDescription: "the first time", actualTTL: 1, generation: unconverged, node: nil, isDrift: false),
    ]

    @Test("a difference is drift when the spec did not change and the entry did", arguments: cases)
    func drift(item: Case) throws {
        let desired = try entry("a", ttl: 60, node: item.node)
        let made = plan(
            [
                IdentityPlan.Candidate(
                    desired: desired, actual: try item.actualTTL.map { try entry("a", ttl: $0).entry },
                    confirmed: try item.confirmedTTL.map { EntryFingerprint(of: try entry("a", ttl: $0).entry) })
            ], wanted: nil, existing: [], .report, item.generation)
        let expected: EntryAction =
            // It stands only where this process has seen that all was right: a status is no proof.
            switch (item.actualTTL, item.isDrift && item.generation.convergedBefore) {
            case (nil, false): .create(isDrift: item.isDrift)
            case (nil, true): .reportDrift(fields: [])
            case (_, false): .update(fields: [.x509SVIDTTL], isDrift: item.isDrift)
            case (_, true): .reportDrift(fields: [.x509SVIDTTL])
            }
        #expect(made.steps.map(\.action) == [expected])
    }
}
