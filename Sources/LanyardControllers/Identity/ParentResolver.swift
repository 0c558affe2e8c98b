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
        if let known = cache.withLock({ $0[parent] }), clock.now < known.validUntil { return known.outcome }
        let outcome = try await resolve(parent, depth: 0)
        let validity: Duration = outcome.isTrue ? .seconds(60) : .seconds(5)
        cache.withLock { $0[parent] = Answer(outcome: outcome, validUntil: clock.now + validity) }
        return outcome
    }

    private func resolve(_ parent: SPIFFEID, depth: Int) async throws(SPIREError) -> ConditionOutcome {
        if parent == alias.id, let selectors = alias.managedSelectors {
            return try await liveAgents(matching: selectors, parent: parent)
        }
        if parent.path.hasPrefix("/spire/agent/") {
            return try await agentOutcome(parent)
        }
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

    private func agentOutcome(_ id: SPIFFEID) async throws(SPIREError) -> ConditionOutcome {
        guard let agent = try await registry.agent(id: id) else {
            return .fails(.parentNotFound, "there is no agent \(id)")
        }
        return isLive(agent)
            ? .holds(.resolved, "the agent \(id) is live")
            : .fails(.noLiveAgents, "the agent \(id) is banned or its SVID has expired")
    }

    private func isLive(_ agent: Agent) -> Bool {
        !agent.isBanned && agent.expiresAt > clock.wallTime.secondsSince1970
    }
}
