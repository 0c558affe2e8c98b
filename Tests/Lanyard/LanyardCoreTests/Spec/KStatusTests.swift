import KubernetesModel
import LanyardAPI
import LanyardCore
import TestSupport
import Testing

/// What kstatus, by which Flux waits, makes of what the operator reports.
@Suite("kstatus")
struct KStatusTests {
    private static let now = "2026-01-02T00:00:00Z"
    /// The reasons of conditions that are true.
    private static let holding: Set<Reason> = [.ready, .accepted, .synced, .resolved]

    private enum Verdict: String {
        case current = "Current"
        case inProgress = "InProgress"
        case failed = "Failed"
        case terminating = "Terminating"
    }

    /// What is looked at of an object.
    private struct Sample {
        var generation: Int64 = 3
        var observedGeneration: Int64? = 3
        var isBeingDeleted = false
        var conditions: [Condition] = []

        /// By the published rules for objects of kinds that kstatus has no rules of its own for.
        var verdict: Verdict {
            if isBeingDeleted { return .terminating }
            if let observedGeneration, observedGeneration != generation { return .inProgress }
            for condition in conditions where condition.status == .yes {
                if condition.type == "Reconciling" { return .inProgress }
                if condition.type == "Stalled" { return .failed }
            }
            guard let ready = conditions.condition("Ready") else { return .current }
            return ready.status == .yes ? .current : .inProgress
        }
    }

    private static func conditions(_ reason: Reason, previous: [Condition] = []) -> [Condition] {
        if reason == .paused { return ConditionSummary.paused(isBeingDeleted: false, previous: previous, now: now) }
        let outcome: ConditionOutcome =
            holding.contains(reason) ? .holds(reason, "it holds") : .fails(reason, "it fails")
        return ConditionSummary.conditions(
            parts: [(type: "Part", outcome: outcome)], readyMessage: "usable", generation: 3, previous: previous,
            now: now)
    }

    /// What docs/gitops.md says, by reason.
    private static func documented() throws -> [String: String] {
        let lines = try Checkout.text("docs/gitops.md").split(separator: "\n")
        let rows = lines.drop { $0 != "## What tools make of each reason" }.filter { $0.hasPrefix("| `") }
        return Dictionary(
            uniqueKeysWithValues: rows.map { row in
                let cells = row.split(separator: "|").map { cell in cell.filter { $0 != " " && $0 != "`" } }
                return (cells[0], cells[1])
            })
    }

    @Test("is what docs/gitops.md says of each reason", arguments: Reason.allCases)
    func reasons(reason: Reason) throws {
        let verdict = Sample(conditions: Self.conditions(reason)).verdict
        #expect(try Self.documented()[reason.rawValue] == verdict.rawValue)
        #expect(try Self.documented().count == Reason.allCases.count)
    }

    @Test("is the newest trouble's, whatever there was before", arguments: Reason.allCases)
    func transitions(reason: Reason) {
        let verdict = Sample(conditions: Self.conditions(reason)).verdict
        for earlier in Reason.allCases {
            let conditions = Self.conditions(reason, previous: Self.conditions(earlier))
            #expect(Sample(conditions: conditions).verdict == verdict, "after \(earlier.rawValue)")
        }
    }

    @Test("is never good of what nobody has looked at, of what changed since, and of what goes")
    func notCurrent() {
        let ready = Self.conditions(.ready)
        #expect(Sample(conditions: ready).verdict == .current)
        // The CRDs say so of new objects: without a status they would be taken for good.
        #expect(Sample(generation: 1, observedGeneration: -1).verdict == .inProgress)
        #expect(Sample(generation: 1, observedGeneration: nil).verdict == .current)
        #expect(Sample(generation: 4, conditions: ready).verdict == .inProgress)
        #expect(Sample(isBeingDeleted: true, conditions: ready).verdict == .terminating)
    }
}
