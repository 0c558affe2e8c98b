package import KubernetesModel
package import LanyardAPI
package import LanyardCore
package import SPIREClient
import Synchronization

/// Finds out whether any live agent can ever serve an entry with a given parent: SPIRE itself accepts every parent and
/// then never says anything (spire.md §5). Answers are kept for a minute, failures to resolve for five seconds.
package final class ParentResolver: Sendable {
    private let registry: any EntryRegistry
    private let alias: NodeAlias
    private let clock: any RuntimeClock
    private let cache = Mutex<[SPIFFEID: Answer]>([:])
    /// The answers of the last refresh.
    private let baseline = Mutex<[SPIFFEID: ConditionOutcome]>([:])

    /// More agents than this are asked for in one listing.
    private static let pointReads = 4

    private struct Answer {
        let outcome: ConditionOutcome
        let validUntil: Duration
    }

    /// Resolves against one server.
    package init(registry: any EntryRegistry, alias: NodeAlias, clock: any RuntimeClock) {
        self.registry = registry
        self.alias = alias
        self.clock = clock
    }

    /// What the `ParentResolved` condition says of a parent.
    ///
    /// - Throws: `SPIREError` when the server cannot be read.
    package func outcome(for parent: SPIFFEID) async throws(SPIREError) -> ConditionOutcome {
        if let known = known(parent) { return known }
        let outcome = try await resolve(parent, depth: 0)
        remember(outcome, of: parent)
        return outcome
    }

    /// What it says of several parents, by their IDs in order. Many agents are asked for in one listing.
    ///
    /// - Throws: `SPIREError` when the server cannot be read.
    package func outcomes(for parents: Set<SPIFFEID>) async throws(SPIREError) -> [ConditionOutcome] {
        let unknownAgents = parents.filter { Self.isAgent($0) && known($0) == nil }
        if unknownAgents.count > Self.pointReads {
            let agents = try await registry.agents(withSelectors: [])
            let byID = Dictionary(agents.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
            for id in unknownAgents { remember(outcome(of: byID[id], id: id), of: id) }
        }
        var outcomes: [ConditionOutcome] = []
        for parent in parents.sorted() { outcomes.append(try await outcome(for: parent)) }
        return outcomes
    }

    /// Looks again at all parents that were asked for.
    ///
    /// - Parameter keepFailing: whether somebody waits for parents; otherwise those that fail, of nodes that are gone, are
    ///   forgotten.
    /// - Returns: whether an answer is another one than at the last look, or than identities were told since.
    /// - Throws: `SPIREError` when the server cannot be read.
    package func refresh(keepFailing: Bool) async throws(SPIREError) -> Bool {
        let told = cache.withLock { cache in
            defer { cache = [:] }
            return cache.mapValues(\.outcome)
        }
        let before = baseline.withLock { $0 }
        _ = try await outcomes(for: Set(told.keys).union(before.keys))
        let now = cache.withLock { cache in
            defer { if !keepFailing { cache = cache.filter { $0.value.outcome.isTrue } } }
            return cache.mapValues(\.outcome)
        }
        baseline.withLock { $0 = keepFailing ? now : now.filter { $0.value.isTrue } }
        return now.contains { parent, outcome in
            (before[parent] ?? outcome) != outcome || (told[parent] ?? outcome) != outcome
        }
    }

    private func known(_ parent: SPIFFEID) -> ConditionOutcome? {
        cache.withLock { $0[parent] }.flatMap { clock.now < $0.validUntil ? $0.outcome : nil }
    }

    private func remember(_ outcome: ConditionOutcome, of parent: SPIFFEID) {
        let validity: Duration = outcome.isTrue ? .seconds(60) : .seconds(5)
        cache.withLock { $0[parent] = Answer(outcome: outcome, validUntil: clock.now + validity) }
    }

    private static func isAgent(_ id: SPIFFEID) -> Bool { id.path.hasPrefix("/spire/agent/") }

    private func resolve(_ parent: SPIFFEID, depth: Int) async throws(SPIREError) -> ConditionOutcome {
        if parent == alias.id, let selectors = alias.managedSelectors {
            return try await liveAgents(matching: selectors, parent: parent)
        }
        if Self.isAgent(parent) { return outcome(of: try await registry.agent(id: parent), id: parent) }
        guard !parent.isReserved, depth < 4 else {
            return .fails(.parentNotFound, "no agent can serve entries with the parent \(parent)")
        }
        var best = ConditionOutcome.fails(.parentNotFound, "no agent, alias or entry has the ID \(parent)")
        for entry in try await registry.entries(matching: EntryFilter(spiffeID: parent)) {
            let found: ConditionOutcome
            if entry.parentID.path == "/spire/server" {
                found = try await liveAgents(matching: entry.selectors, parent: parent)
            } else if entry.parentID == parent {
                continue
            } else {
                found = try await resolve(entry.parentID, depth: depth + 1)
            }
            if found.isTrue { return found }
            best = found
        }
        return best
    }

    private func liveAgents(
        matching selectors: Set<WorkloadSelector>, parent: SPIFFEID
    ) async throws(SPIREError) -> ConditionOutcome {
        let agents = try await registry.agents(withSelectors: selectors.sorted())
        if agents.contains(where: isLive) { return .holds(.resolved, "live agents serve \(parent)") }
        return .fails(.noLiveAgents, "no live agent has the selectors of the node alias \(parent)")
    }

    private func outcome(of agent: Agent?, id: SPIFFEID) -> ConditionOutcome {
        guard let agent else { return .fails(.parentNotFound, "there is no agent \(id)") }
        return isLive(agent)
            ? .holds(.resolved, "the agent \(id) is live")
            : .fails(.noLiveAgents, "the agent \(id) is banned or its SVID has expired")
    }

    private func isLive(_ agent: Agent) -> Bool {
        !agent.isBanned && agent.expiresAt > clock.wallTime.secondsSince1970
    }
}
