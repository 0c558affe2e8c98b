import KubernetesModel
import LanyardAPI
import LanyardCore
import TestSupport
import Testing

@Suite("EntryMemo")
struct EntryMemoTests {
    private func desired(_ fill: (inout WorkloadIdentitySpec) -> Void) throws -> DesiredIdentity {
        try IdentityPlanner.desired(for: .sample(fill), settings: try .sample()).get()
    }

    private func specs() throws -> [DesiredIdentity] {
        [
            try desired { $0.placement = .pod },
            try desired {
                $0.placement = .pod
                $0.spiffeID = "/ns/{namespace}/{podLabel:team}/{pod}"
            },
            try desired {
                $0.placement = .pod
                $0.podSelector = .init(matchLabels: ["team": "red"])
                $0.x509SVID = .init(dnsNames: ["{pod}.{namespace}.svc"])
            },
            try desired { $0.placement = .node },
            try desired {
                $0.placement = .node
                $0.podSelector = .init(matchLabels: ["team": "red"])
                $0.spiffeID = "/ns/{namespace}/{node}"
            },
            try desired { _ in },
        ]
    }

    /// Pods and nodes to which something happens now and then.
    private struct Cluster {
        var random: SplitMix64
        var facts = PlacementFacts()
        private var lastUID = 0

        init(seed: UInt64) { random = SplitMix64(seed: seed) }

        mutating func number(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &random) }

        private mutating func pod(uid: String) -> PodFacts {
            let teams = ["red", "blue", "b@d"]
            return PodFacts(
                name: "p\(number(9))", uid: uid, nodeName: "n\(number(4))",
                labels: number(4) == 0 ? [:] : ["team": teams[number(3)]],
                createdAt: number(5) == 0 ? nil : Int64(number(3)))
        }

        mutating func change() {
            let pods = facts.pods
            let place = pods.isEmpty ? 0 : number(pods.count)
            switch number(8) {
            case 0, 1, 2:
                lastUID += 1
                facts.pods.append(pod(uid: "u\(lastUID)"))
            case 3 where !pods.isEmpty: facts.pods.remove(at: place)
            case 4 where !pods.isEmpty: facts.pods[place] = pod(uid: pods[place].uid)
            case 5 where !pods.isEmpty:
                // The same, read anew.
                let known = pods[place]
                facts.pods[place] = PodFacts(
                    name: known.name, uid: known.uid, nodeName: known.nodeName, labels: known.labels,
                    createdAt: known.createdAt)
            case 6:
                let name = "n\(number(4))"
                facts.nodes[name] =
                    number(3) == 0
                    ? nil : NodeFacts(name: name, uid: "\(name)-\(number(3))", createdAt: Int64(number(3)))
            case 7:
                facts.lingering = Set(
                    (0..<number(3)).map { NodeFacts(name: "n\($0)", uid: "left-\($0)") })
            default: break
            }
            facts.pods.shuffle(using: &random)
        }
    }

    @Test("whatever happens to pods, nodes and spec, it answers what the blueprint makes", arguments: 0..<24)
    func histories(seed: Int) throws {
        let identities = try specs()
        var cluster = Cluster(seed: UInt64(seed))
        var memo = EntryMemo(least: seed % 4)
        var chosen = seed % identities.count
        var answers = 0
        for _ in 0..<300 {
            for _ in 0..<cluster.number(3) { cluster.change() }
            if cluster.number(25) == 0 { chosen = cluster.number(identities.count) }
            let wanted = identities[chosen].entries(at: cluster.facts)
            let made = memo.entries(of: identities[chosen].blueprint, at: cluster.facts)
            try #require(made == wanted)
            answers += wanted.entries.count
        }
        #expect(answers > 100)
    }

    private static let nodes = ["n1": NodeFacts(name: "n1", uid: "x1"), "n2": NodeFacts(name: "n2", uid: "x2")]

    private func facts(_ count: Int) -> PlacementFacts {
        PlacementFacts(
            pods: (0..<count).map { PodFacts(name: "p\($0)", uid: "u\($0)", nodeName: "n\($0 % 2 + 1)") },
            nodes: Self.nodes)
    }

    @Test("what has not changed is not made anew, though it is read anew")
    func changes() throws {
        let identity = try desired { $0.placement = .pod }
        var memo = EntryMemo()
        /// How many entries are made.
        func made(_ identity: DesiredIdentity, at facts: PlacementFacts) throws -> Int {
            let before = memo.timesMade
            let entries = memo.entries(of: identity.blueprint, at: facts)
            try #require(entries == identity.entries(at: facts))
            return memo.timesMade - before
        }
        #expect(try made(identity, at: facts(100)) == 100)
        #expect(try made(identity, at: facts(100)) == 0)
        #expect(try made(identity, at: facts(101)) == 1)
        #expect(try made(identity, at: facts(99)) == 0)
        #expect(memo.count == 99)
        var moved = facts(99)
        moved.pods[7] = PodFacts(name: "p7", uid: "u7", nodeName: "n1")
        #expect(try made(identity, at: moved) == 1)
        moved.nodes["n2"] = NodeFacts(name: "n2", uid: "another")
        #expect(try made(identity, at: moved) == 48)
        moved.nodes["n2"] = nil
        #expect(try made(identity, at: moved) == 48)
        let other = try desired {
            $0.placement = .pod
            $0.hint = "a"
        }
        #expect(try made(other, at: moved) == 99)
    }

    @Test("for few nodes or pods, or where two have one UID, nothing is kept")
    func nothingKept() throws {
        let identity = try desired { $0.placement = .pod }
        var twins = facts(100)
        twins.pods.append(PodFacts(name: "twin", uid: "u3", nodeName: "n1"))
        var memo = EntryMemo()
        for (facts, kept) in [(facts(100), 100), (facts(EntryMemo.least - 1), 0), (facts(100), 100), (twins, 0)] {
            let entries = memo.entries(of: identity.blueprint, at: facts)
            #expect(entries == identity.entries(at: facts))
            #expect(memo.count == kept)
        }
    }
}
