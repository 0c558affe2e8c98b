import LanyardAPI
import LanyardCore
import Testing

@Suite("ParentsSummary")
struct ParentsSummaryTests {
    private static let now: Int64 = 1_000_000

    private func entry(_ node: String, awaitedSince: Int64?) throws -> DesiredEntry {
        DesiredEntry(
            entry: RegistrationEntry(
                id: "lanyard.prod.shop.web_\(node)", spiffeID: try SPIFFEID("spiffe://example.org/web"),
                parentID: try agent(node), selectors: []),
            node: node, awaitedSince: awaitedSince)
    }

    private func agent(_ node: String) throws -> SPIFFEID {
        try SPIFFEID("spiffe://example.org/spire/agent/k8s_psat/prod/uid-\(node)")
    }

    private func summary(
        _ entries: [DesiredEntry], missing: Set<String> = [], expired: Set<String> = []
    ) throws -> (outcome: ConditionOutcome, changesIn: Int64?) {
        var outcomes: [SPIFFEID: ConditionOutcome] = [:]
        for node in Set(entries.compactMap(\.node)) {
            let id = try agent(node)
            outcomes[id] =
                missing.contains(node)
                ? .fails(.parentNotFound, "there is no agent \(id)")
                : expired.contains(node)
                    ? .fails(.noLiveAgents, "the agent \(id) is banned")
                    : .holds(.resolved, "the agent \(id) is live")
        }
        return ParentsSummary.summary(of: entries, outcomes: outcomes, now: Self.now)
    }

    @Test(
        "for five minutes after node and pod are there a missing agent is what time heals, and no longer",
        arguments: [(-10, false), (0, false), (299, false), (300, true), (86_400, true)])
    func patience(age: Int64, isStalled: Bool) throws {
        let (outcome, changesIn) = try summary([try entry("n1", awaitedSince: Self.now - age)], missing: ["n1"])
        #expect(outcome.reason == (isStalled ? .parentNotFound : .noLiveAgents))
        #expect(outcome.reason.needsIntervention == isStalled)
        #expect(outcome.message.contains("node n1"))
        #expect(changesIn == (isStalled ? nil : 300 - max(age, 0)))
    }

    @Test("live agents serve all, whether there are several, one or none; one that is not there is told beside them")
    func live() throws {
        let entries = try ["a", "b", "c"].map { try entry($0, awaitedSince: 0) }
        let (outcome, changesIn) = try summary(entries)
        #expect(outcome == .holds(.resolved, "live agents serve all parents") && changesIn == nil)
        let (first, second) = (try agent("a"), try agent("b"))
        #expect(try summary([entries[0], entries[0]]).outcome.message == "the agent \(first) is live")
        #expect(try summary([]).outcome == .holds(.resolved, "there is no entry that needs a parent"))
        let missing = try summary(entries, missing: ["b"]).outcome
        #expect(missing.reason == .parentNotFound)
        #expect(missing.message == "node b has no SPIRE agent: there is no agent \(second)")
    }

    @Test("of what age nothing is known is not new")
    func unknownAge() throws {
        #expect(try summary([try entry("n1", awaitedSince: nil)], missing: ["n1"]).outcome.reason == .parentNotFound)
    }

    @Test("what somebody has to see to is said before what time heals, and the node is named")
    func order() throws {
        let entries = [
            try entry("a", awaitedSince: Self.now), try entry("b", awaitedSince: 0), try entry("c", awaitedSince: 0),
        ]
        let (outcome, changesIn) = try summary(entries, missing: ["a", "b"], expired: ["c"])
        #expect(outcome.reason == .parentNotFound)
        #expect(outcome.message.hasPrefix("node b has no SPIRE agent: there is no agent spiffe://"))
        #expect(outcome.message.hasSuffix("(and 2 more parents)"))
        #expect(changesIn == 300)
        let expired = try summary([entries[2]], expired: ["c"]).outcome
        #expect(expired.reason == .noLiveAgents && expired.message.hasPrefix("node c: the agent "))
    }

    @Test("of several pods on a node the one that has waited longest decides")
    func severalPods() throws {
        let young = try entry("n1", awaitedSince: Self.now)
        var old = try entry("n1", awaitedSince: 0)
        old.entry.id += "-old"
        #expect(try summary([young, old], missing: ["n1"]).outcome.reason == .parentNotFound)
        #expect(try summary([old, young], missing: ["n1"]).outcome.reason == .parentNotFound)
    }
}
