import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardControllers
import LanyardCore
import SPIREClient
import SPIREEmulator
import TestSupport
import Testing

@Suite("ParentResolver")
struct ParentResolverTests {
    private let trustDomain: TrustDomain
    private let registry: InMemoryEntryRegistry
    private let journal = Journal()
    private let clock = VirtualClock()
    private let alias: SPIFFEID
    private let aliasSelectors = Set(
        ["k8s_psat:cluster:prod", "k8s_psat:agent_ns:spire"].compactMap(WorkloadSelector.init))

    init() throws {
        trustDomain = try #require(TrustDomain("example.org"))
        let clock = clock
        registry = InMemoryEntryRegistry(
            trustDomain: trustDomain, makeID: { "made" }, now: { clock.wallTime.secondsSince1970 })
        alias = try SPIFFEID(trustDomain: trustDomain, path: "/agents")
    }

    private func resolver(isManaged: Bool = true) -> ParentResolver {
        ParentResolver(
            registry: RecordingRegistry(base: registry, journal: journal),
            alias: NodeAlias(id: alias, managedSelectors: isManaged ? aliasSelectors : nil), clock: clock)
    }

    private func id(_ path: String) throws -> SPIFFEID { try SPIFFEID(trustDomain: trustDomain, path: path) }

    /// Puts agents in place of all that there are.
    private func agents(_ seeds: AgentSeed...) throws {
        try registry.withAgents { agents throws(CallFailure) in try agents.replace(with: seeds) }
    }

    /// An agent whose SVID expires some seconds from now.
    private func agent(
        _ name: String = "one", lifetime: Int64 = 3600, selectors: [String]? = nil, isBanned: Bool = false
    ) -> AgentSeed {
        AgentSeed(
            id: "spiffe://example.org/spire/agent/k8s_psat/prod/\(name)", attestationType: "k8s_psat",
            selectors: selectors ?? (aliasSelectors.map(\.description) + ["k8s_psat:agent_node_name:\(name)"]),
            expiresAt: clock.wallTime.secondsSince1970 + lifetime, banned: isBanned)
    }

    /// Stores an entry that somebody else made.
    private func entry(_ path: String, parent: String, selectors: [String]) throws {
        let entry = StoredEntry(
            id: "\(path)-under-\(parent)".replacingSlashes, spiffeID: try id(path).description,
            parentID: try id(parent).description,
            selectors: selectors.compactMap(WorkloadSelector.init).map { .init(type: $0.type, value: $0.value) })
        registry.withDatastore { $0.insert(entry) }
    }

    private func outcome(for path: String, isManaged: Bool = false) async throws -> ConditionOutcome {
        try await resolver(isManaged: isManaged).outcome(for: try id(path))
    }

    // MARK: - The managed alias

    @Test("our own alias resolves when a live agent has its selectors, whether its entry exists yet or not")
    func managedAlias() async throws {
        try agents(agent(selectors: ["k8s_psat:cluster:other"]), agent("two"))
        let outcome = try await outcome(for: "/agents", isManaged: true)
        #expect(outcome == .holds(.resolved, "live agents serve spiffe://example.org/agents"))
        #expect(journal.calls.allSatisfy { $0.hasPrefix("spire list agents") })
    }

    @Test("agents that are expired, banned or of other selectors serve nothing")
    func noLiveAgents() async throws {
        try agents(
            agent("expired", lifetime: 0), agent("banned", isBanned: true),
            agent("partial", selectors: ["k8s_psat:cluster:prod"]))
        let outcome = try await outcome(for: "/agents", isManaged: true)
        #expect(outcome.reason == .noLiveAgents)
        #expect(!outcome.isTrue)
        #expect(outcome.message.contains("spiffe://example.org/agents"))
    }

    // MARK: - A concrete agent

    @Test("a concrete agent resolves while it is live")
    func concreteAgent() async throws {
        let path = "/spire/agent/k8s_psat/prod/one"
        #expect(try await outcome(for: path).reason == .parentNotFound)
        try agents(agent(lifetime: 1))
        #expect(try await outcome(for: path).isTrue)
        try agents(agent(lifetime: 0))
        #expect(try await outcome(for: path).reason == .noLiveAgents)
        try agents(agent(isBanned: true))
        #expect(try await outcome(for: path).reason == .noLiveAgents)
    }

    /// The agent in a pod, which has the pod's UID in its ID.
    private func podAgent(
        _ uid: String, on node: String, of cluster: String = "prod", lifetime: Int64 = 3600
    ) -> AgentSeed {
        AgentSeed(
            id: "spiffe://example.org/spire/agent/k8s_psat/\(cluster)/pod/\(uid)", attestationType: "k8s_psat",
            selectors: ["k8s_psat:cluster:\(cluster)", "k8s_psat:agent_node_uid:\(node)"],
            expiresAt: clock.wallTime.secondsSince1970 + lifetime)
    }

    @Test("a node whose agent has the ID of its pod is told, alone and among many; other clusters do not count")
    func podAgents() async throws {
        try agents(
            podAgent("p1", on: "one"), podAgent("p2", on: "two", of: "other"), podAgent("p3", on: "three", lifetime: 0),
            agent("four"), podAgent("p4", on: "four"), agent("five", lifetime: 0), podAgent("p5", on: "five"))
        let expected: [String: Reason] = [
            "one": .agentIDMismatch, "two": .parentNotFound, "three": .parentNotFound, "four": .resolved,
            "five": .agentIDMismatch, "six": .parentNotFound,
        ]
        let parents = try expected.keys.map { try id("/spire/agent/k8s_psat/prod/\($0)") }
        let together = try await resolver().outcomes(for: Set(parents))
        for (name, reason) in expected {
            let parent = try id("/spire/agent/k8s_psat/prod/\(name)")
            let alone = try await resolver().outcome(for: parent)
            #expect(alone.reason == reason, "\(name): \(alone.message)")
            #expect(together[parent] == alone)
            if reason == .agentIDMismatch { #expect(alone.message.contains("use_pod_uid_for_agent_id")) }
        }
    }

    // MARK: - Entries of others

    @Test("an alias that somebody else keeps resolves through its entry's selectors")
    func foreignAlias() async throws {
        try agents(agent())
        #expect(try await outcome(for: "/agents").reason == .parentNotFound)
        try entry("/agents", parent: "/spire/server", selectors: ["k8s_psat:cluster:elsewhere"])
        #expect(try await outcome(for: "/agents").reason == .noLiveAgents)
        try entry("/agents", parent: "/spire/server", selectors: ["k8s_psat:cluster:prod"])
        #expect(try await outcome(for: "/agents").isTrue)
    }

    @Test("a parent whose entry is itself under an alias or an agent resolves through it")
    func chain() async throws {
        try agents(agent())
        try entry("/agents", parent: "/spire/server", selectors: ["k8s_psat:cluster:prod"])
        try entry("/middle", parent: "/agents", selectors: ["unix:uid:0"])
        try entry("/bottom", parent: "/middle", selectors: ["unix:uid:0"])
        try entry("/below-agent", parent: "/spire/agent/k8s_psat/prod/one", selectors: ["unix:uid:0"])
        #expect(try await outcome(for: "/bottom").isTrue)
        #expect(try await outcome(for: "/below-agent").isTrue)
    }

    @Test("entries that are each other's parent never resolve, and the search ends")
    func cycle() async throws {
        try agents(agent())
        try entry("/a", parent: "/b", selectors: ["unix:uid:0"])
        try entry("/b", parent: "/a", selectors: ["unix:uid:0"])
        try entry("/self", parent: "/self", selectors: ["unix:uid:0"])
        #expect(try await outcome(for: "/a").reason == .parentNotFound)
        #expect(try await outcome(for: "/self").reason == .parentNotFound)
        #expect(journal.calls.count < 20)
    }

    @Test(
        "what SPIRE keeps for itself is no parent of workloads", arguments: ["/spire/server", "/spire/other", "/spire"])
    func reserved(path: String) async throws {
        try agents(agent())
        #expect(try await outcome(for: path).reason == .parentNotFound)
        #expect(journal.calls.isEmpty)
    }

    // MARK: - Failure and time

    @Test("a server that cannot be read is an error, not an answer, and is asked again at once")
    func unreadable() async throws {
        try agents(agent())
        let resolver = resolver()
        journal.fail("spire", with: SPIREError(.unavailable, "away"))
        await #expect(throws: SPIREError.self) { try await resolver.outcome(for: alias) }
        journal.heal()
        #expect(try await resolver.outcome(for: alias).isTrue)
    }

    @Test("a good answer is kept for a minute")
    func cachedAnswer() async throws {
        try agents(agent())
        let resolver = resolver()
        _ = try await resolver.outcome(for: alias)
        try agents()
        clock.advance(by: .seconds(59))
        #expect(try await resolver.outcome(for: alias).isTrue)
        #expect(journal.calls.count == 1)
        clock.advance(by: .seconds(1))
        #expect(try await resolver.outcome(for: alias).reason == .noLiveAgents)
    }

    @Test("a bad answer is kept for five seconds only")
    func cachedFailure() async throws {
        let resolver = resolver()
        _ = try await resolver.outcome(for: alias)
        try agents(agent())
        clock.advance(by: .seconds(4))
        #expect(try await resolver.outcome(for: alias).reason == .noLiveAgents)
        #expect(journal.calls.count == 1)
        clock.advance(by: .seconds(1))
        #expect(try await resolver.outcome(for: alias).isTrue)
    }

    @Test("a few agents are asked for one by one, many in one listing")
    func manyAgents() async throws {
        try agents(agent("one"), agent("two"), agent("three"), agent("four"), agent("five", lifetime: 0))
        let names = ["one", "two", "three", "four", "five", "six"]
        let parents = try names.map { try id("/spire/agent/k8s_psat/prod/\($0)") }
        #expect(try await resolver().outcomes(for: Set(parents.prefix(3))).values.allSatisfy { $0.isTrue })
        #expect(journal.calls.count == 3)
        journal.clear()
        let outcomes = try await resolver().outcomes(for: Set(parents))
        #expect(journal.calls == ["spire list agents "])
        let expected = ["five": "NoLiveAgents", "six": "ParentNotFound"]
        #expect(
            outcomes.sorted { $0.key < $1.key }.map(\.value.reason.rawValue)
                == names.sorted().map { expected[$0] ?? "Resolved" })
    }

    @Test(
        "many aliases that somebody else keeps cost two listings, whatever their number, and say the same as one by one"
    )
    func manyAliases() async throws {
        let names = (10..<60).map { "n\($0)" }
        try registry.withAgents { [self] agents throws(CallFailure) in
            try agents.replace(
                with: names.dropLast().map { name in
                    agent("tpm-\(name)", selectors: ["spiffe_id:\(name)", "x:y"])
                })
        }
        for name in names.dropFirst() {
            try entry("/nodes/\(name)", parent: "/spire/server", selectors: ["spiffe_id:\(name)"])
        }
        let parents = Set(try names.map { try id("/nodes/\($0)") })
        let resolver = resolver()
        let outcomes = try await resolver.outcomes(for: parents)
        // The one without entry is looked for in another way, too.
        #expect(journal.calls.count <= 3)
        #expect(outcomes.values.count { $0.isTrue } == 48)
        for parent in parents { #expect(try await self.resolver().outcome(for: parent) == outcomes[parent]) }
        journal.clear()
        clock.advance(by: .seconds(59))
        _ = try await resolver.outcomes(for: Set(outcomes.filter { $0.value.isTrue }.keys))
        #expect(journal.calls == [])
    }

    @Test("what identities wait for is looked at again, and nothing else is")
    func lookAgain() async throws {
        let resolver = resolver()
        let parent = try id("/spire/agent/k8s_psat/prod/one")
        let told = try await resolver.outcomes(for: [parent])
        #expect(try await resolver.lookAgain(at: told) == [])
        try agents(agent())
        journal.clear()
        #expect(try await resolver.lookAgain(at: told) == [parent])
        #expect(journal.calls.count == 1)
        #expect(try await resolver.lookAgain(at: [:]) == [])
        #expect(try await resolver.outcome(for: parent).isTrue)
    }

    @Test("a refresh tells whether an answer is another one now, also when others have asked in between")
    func refresh() async throws {
        try agents(agent())
        let resolver = resolver()
        _ = try await resolver.outcome(for: alias)
        #expect(try await resolver.refresh(keepFailing: false) == false)
        try agents()
        #expect(try await resolver.refresh(keepFailing: true))
        #expect(try await resolver.refresh(keepFailing: true) == false)
        try agents(agent())
        clock.advance(by: .seconds(10))
        // A pass that happens to ask before does not hide the change from everybody else.
        #expect(try await resolver.outcome(for: alias).isTrue)
        #expect(try await resolver.refresh(keepFailing: true))
    }

    @Test("answers are kept for each parent alone")
    func cachedByParent() async throws {
        try agents(agent())
        let resolver = resolver()
        #expect(try await resolver.outcome(for: alias).isTrue)
        #expect(try await resolver.outcome(for: try id("/elsewhere")).reason == .parentNotFound)
    }

    // MARK: - Many at a time

    /// Asks many times at once; the server answers the first call that begins so when all others wait for it.
    private func together<Answer: Sendable>(
        _ count: Int, _ resolver: ParentResolver, holding call: String,
        _ ask: @escaping @Sendable (Int) async throws -> Answer
    ) async throws -> [Result<Answer, any Error>] {
        let gate = Monitor(false)
        journal.before(call) { try await gate.wait { $0 ? () : nil } }
        return try await withThrowingTaskGroup(of: Result<Answer, any Error>.self) { group in
            for number in 0..<count {
                group.addTask { await Result<Answer, any Error>.of { try await ask(number) } }
            }
            try await eventually("all wait for one") {
                journal.calls.contains { $0.hasPrefix(call) } && resolver.waitingCount == count - 1
            }
            gate.update { $0 = true }
            var answers: [Result<Answer, any Error>] = []
            for try await answer in group { answers.append(answer) }
            return answers
        }
    }

    @Test("however many need an answer at a time, the server is asked once; so it is when the answer has expired")
    func askedOnce() async throws {
        try agents(agent())
        let (resolver, alias) = (resolver(), alias)
        for calls in 1...2 {
            let answers = try await together(20, resolver, holding: "spire list agents") { _ in
                try await resolver.outcome(for: alias)
            }
            for answer in answers { #expect(try answer.get().isTrue) }
            #expect(journal.calls.count == calls)
            clock.advance(by: .seconds(60))
        }
    }

    @Test("passes with many parents, whichever these are, share one listing of the agents and one of the aliases")
    func sharedListings() async throws {
        let names = (10..<30).map { "n\($0)" }
        try registry.withAgents { [self] agents throws(CallFailure) in
            try agents.replace(with: names.map { agent($0, selectors: ["spiffe_id:\($0)"]) })
        }
        for name in names { try entry("/nodes/\(name)", parent: "/spire/server", selectors: ["spiffe_id:\(name)"]) }
        let resolver = resolver()
        for (path, call) in [("/spire/agent/k8s_psat/prod/", "spire list agents"), ("/nodes/", "spire list entries")] {
            let parents = try [names.prefix(10), names.suffix(10)].map { try Set($0.map { try id(path + $0) }) }
            journal.clear()
            let answers = try await together(2, resolver, holding: call) { pass in
                try await resolver.outcomes(for: parents[pass])
            }
            for answer in answers { #expect(try answer.get().values.allSatisfy { $0.isTrue }) }
            #expect(journal.calls.count { $0.hasPrefix(call) } == 1)
        }
    }

    @Test("a server that cannot be read is an error for all who wait, and is asked again by the next")
    func unreadableForAll() async throws {
        try agents(agent())
        let (resolver, alias) = (resolver(), alias)
        journal.fail("spire", with: SPIREError(.unavailable, "away"))
        let answers = try await together(5, resolver, holding: "spire list agents") { _ in
            try await resolver.outcome(for: alias)
        }
        for answer in answers { #expect(throws: SPIREError(.unavailable, "away")) { try answer.get() } }
        #expect(journal.calls.count == 1)
        journal.heal()
        #expect(try await resolver.outcome(for: alias).isTrue)
    }

    @Test("a pass that is cancelled while it asks fails alone: another one asks for all who wait")
    func cancelledPass() async throws {
        try agents(agent())
        let (resolver, alias, gate) = (resolver(), alias, Monitor(false))
        journal.before("spire list agents") { try await gate.wait { $0 ? () : nil } }
        try await withThrowingTaskGroup(of: Bool.self) { others in
            try await withThrowingTaskGroup(of: Bool.self) { first in
                first.addTask { try await resolver.outcome(for: alias).isTrue }
                try await eventually("the first asks") { journal.calls.count == 1 }
                for _ in 0..<3 { others.addTask { try await resolver.outcome(for: alias).isTrue } }
                try await eventually("the others wait") { resolver.waitingCount == 3 }
                first.cancelAll()
                let error = await #expect(throws: SPIREError.self) { try await first.waitForAll() }
                #expect(error?.code == .cancelled)
            }
            for try await isTrue in others { #expect(isTrue) }
        }
        #expect(journal.calls.count == 2)
    }
}

extension String {
    /// The text with dashes, as the ID of an entry.
    fileprivate var replacingSlashes: String { String(map { $0 == "/" ? "-" : $0 }) }
}
