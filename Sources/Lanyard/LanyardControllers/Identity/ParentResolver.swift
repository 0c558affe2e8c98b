package import KubernetesModel
package import LanyardAPI
package import LanyardCore
package import SPIREClient
import Synchronization

/// Finds out whether any live agent can ever serve an entry with a given parent: SPIRE itself accepts every parent and
/// then never says anything (rule spire-19). Answers are kept for a minute, failures to resolve for five seconds; an older one
/// is not used while a newer one is on its way. However many passes need the same, the server is asked once at a time.
package final class ParentResolver: Sendable {
    private let registry: any EntryRegistry
    private let alias: NodeAlias
    private let clock: any RuntimeClock
    private let cache = Mutex<[SPIFFEID: Answer]>([:])
    /// The answers of the last refresh.
    private let baseline = Mutex<[SPIFFEID: ConditionOutcome]>([:])
    private let questions = SingleFlights<SPIFFEID, ConditionOutcome>()
    private let listing = SingleFlight<AgentListing>()
    /// By the server that the aliases are under; by alias, the selectors of each of its entries.
    private let aliasListings = SingleFlights<SPIFFEID, [SPIFFEID: [Set<WorkloadSelector>]]>()

    /// More parents than this are looked for in one listing of the agents, and one of the aliases.
    private static let pointReads = 4

    private struct Answer {
        let outcome: ConditionOutcome
        let validUntil: Duration
    }

    /// All agents, as one listing shows them.
    private struct AgentListing: Sendable {
        let agents: [Agent]
        let byID: [SPIFFEID: Agent]
        /// The live ones with IDs of their pods, by all of their selectors.
        let ofPods: [WorkloadSelector: [SPIFFEID]]
    }

    /// Resolves against one server.
    package init(registry: any EntryRegistry, alias: NodeAlias, clock: any RuntimeClock) {
        self.registry = registry
        self.alias = alias
        self.clock = clock
    }

    /// How many wait for an answer that another has asked for.
    package var waitingCount: Int {
        questions.waitingCount + listing.waitingCount + aliasListings.waitingCount
    }

    /// What the `ParentResolved` condition says of a parent.
    ///
    /// - Throws: `SPIREError` when the server cannot be read, to all who wait for the same answer.
    package func outcome(for parent: SPIFFEID) async throws(SPIREError) -> ConditionOutcome {
        if let known = known(parent) { return known }
        do {
            return try await questions.run(parent) {
                // Another answer may have come since.
                if let known = known(parent) { return known }
                let outcome = try await resolve(parent, depth: 0)
                remember(outcome, of: parent)
                return outcome
            }
        } catch {
            throw SPIREError(call: error)
        }
    }

    /// What it says of several parents. Many are looked for in one listing of the agents, and of the aliases if some are
    /// none: what that costs does not grow with the number of nodes.
    ///
    /// - Throws: `SPIREError` when the server cannot be read.
    package func outcomes(
        for parents: Set<SPIFFEID>
    ) async throws(SPIREError) -> [SPIFFEID: ConditionOutcome] {
        var outcomes: [SPIFFEID: ConditionOutcome] = [:]
        for parent in parents { outcomes[parent] = known(parent) }
        let unknown = parents.filter { outcomes[$0] == nil }
        if unknown.count > Self.pointReads { try await lookForAll(unknown) }
        for parent in unknown.sorted() { outcomes[parent] = try await outcome(for: parent) }
        return outcomes
    }

    /// Remembers what one listing tells of many parents; of one that is under something else than the server it tells
    /// nothing.
    private func lookForAll(_ parents: Set<SPIFFEID>) async throws(SPIREError) {
        let listing = try await allAgents()
        for id in parents where Self.isAgent(id) {
            let others = NodeAgentID(id).flatMap { listing.ofPods[$0.selector] } ?? []
            remember(outcome(of: listing.byID[id], id: id, orOneOf: others), of: id)
        }
        let others = parents.filter { !Self.isAgent($0) && !$0.isReserved && !isManagedAlias($0) }
        guard let first = others.first,
            let server = try? SPIFFEID(trustDomain: first.trustDomain, path: "/spire/server")
        else { return }
        let aliases = try await allAliases(under: server)
        let live = listing.agents.filter(isLive).map { Set($0.selectors) }
        for id in others {
            guard let entries = aliases[id] else { continue }
            let isServed = entries.contains { selectors in live.contains { $0.isSuperset(of: selectors) } }
            remember(outcome(ofAlias: id, isServed: isServed), of: id)
        }
    }

    private func allAgents() async throws(SPIREError) -> AgentListing {
        do {
            return try await listing.run {
                let agents = try await registry.agents(withSelectors: [])
                var ofPods: [WorkloadSelector: [SPIFFEID]] = [:]
                for agent in agents where NodeAgentID.isOfPod(agent.id) && isLive(agent) {
                    for selector in agent.selectors { ofPods[selector, default: []].append(agent.id) }
                }
                return AgentListing(
                    agents: agents,
                    byID: Dictionary(agents.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first }),
                    ofPods: ofPods)
            }
        } catch {
            throw SPIREError(call: error)
        }
    }

    private func allAliases(
        under server: SPIFFEID
    ) async throws(SPIREError) -> [SPIFFEID: [Set<WorkloadSelector>]] {
        do {
            return try await aliasListings.run(server) {
                var aliases: [SPIFFEID: [Set<WorkloadSelector>]] = [:]
                for entry in try await registry.entries(matching: EntryFilter(parentID: server)) {
                    aliases[entry.spiffeID, default: []].append(entry.selectors)
                }
                return aliases
            }
        } catch {
            throw SPIREError(call: error)
        }
    }

    /// Looks again at parents that did not resolve when an identity was told of them.
    ///
    /// - Returns: those of which something else is true now.
    /// - Throws: `SPIREError` when the server cannot be read.
    package func lookAgain(at told: [SPIFFEID: ConditionOutcome]) async throws(SPIREError) -> Set<SPIFFEID> {
        guard !told.isEmpty else { return [] }
        cache.withLock { cache in
            for parent in told.keys where cache[parent]?.outcome == told[parent] { cache[parent] = nil }
        }
        return Set(try await outcomes(for: Set(told.keys)).filter { told[$0.key] != $0.value }.keys)
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

    private func isManagedAlias(_ id: SPIFFEID) -> Bool { id == alias.id && alias.managedSelectors != nil }

    private func resolve(_ parent: SPIFFEID, depth: Int) async throws(SPIREError) -> ConditionOutcome {
        if isManagedAlias(parent), let selectors = alias.managedSelectors {
            return try await liveAgents(matching: selectors, parent: parent)
        }
        if Self.isAgent(parent) { return try await outcome(ofAgent: parent) }
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
        return outcome(ofAlias: parent, isServed: agents.contains(where: isLive))
    }

    private func outcome(ofAlias id: SPIFFEID, isServed: Bool) -> ConditionOutcome {
        isServed
            ? .holds(.resolved, "live agents serve \(id)")
            : .fails(.noLiveAgents, "no live agent has the selectors of the node alias \(id)")
    }

    /// What is known of an agent. Where there is none, the node's may have an ID that no entry can be for (rule spire-27).
    private func outcome(ofAgent id: SPIFFEID) async throws(SPIREError) -> ConditionOutcome {
        let agent = try await registry.agent(id: id)
        var others: [SPIFFEID] = []
        if agent.map(isLive) != true, let node = NodeAgentID(id) {
            others = try await registry.agents(withSelectors: [node.selector]).filter(isLive).map(\.id)
        }
        return outcome(of: agent, id: id, orOneOf: others)
    }

    /// - Parameter others: the IDs of live agents of the same node.
    private func outcome(of agent: Agent?, id: SPIFFEID, orOneOf others: [SPIFFEID]) -> ConditionOutcome {
        if let agent, isLive(agent) { return .holds(.resolved, "the agent \(id) is live") }
        if let mismatch = NodeAgentID(id)?.mismatch(among: others) { return mismatch }
        return agent == nil
            ? .fails(.parentNotFound, "there is no agent \(id)")
            : .fails(.noLiveAgents, "the agent \(id) is banned or its SVID has expired")
    }

    private func isLive(_ agent: Agent) -> Bool {
        !agent.isBanned && agent.expiresAt > clock.wallTime.secondsSince1970
    }
}
