import LanyardCore
import TestSupport
import Testing

@Suite("PathPattern")
struct PathPatternTests {
    /// Every pattern of up to four segments over a small alphabet, and every path that can tell two of them apart: a
    /// segment that no pattern has, the empty one, and one segment more than any pattern.
    private static let patterns: [String] = {
        var exact: [String] = ["a", "b", "ab"]
        var level = exact
        for _ in 0..<2 {
            level = level.flatMap { stem in ["a", "b", "ab", "+"].map { "\(stem)/\($0)" } }
            exact += level
        }
        let prefixed = ([""] + exact.map { "\($0)/" }).flatMap { stem in ["", "a", "ab", "b"].map { "\(stem)\($0)*" } }
        return exact + prefixed
    }()

    private static let paths: [String] = {
        let segments = ["a", "ab", "b", "c", ""]
        var all = segments
        var level = segments
        for _ in 0..<3 {
            level = level.flatMap { path in segments.map { "\(path)/\($0)" } }
            all += level
        }
        return all
    }()

    @Test("for every pair of more than 100 000, the answer is that of brute force over all paths")
    func containment() {
        let covered = Self.patterns.map { pattern in Self.paths.map { ReferencePolicy.matches(pattern, $0) } }
        let parsed = Self.patterns.map { PathPattern($0) }
        #expect(Self.patterns.count * Self.patterns.count >= 100_000)
        var containing = 0
        for (asked, askedPaths) in covered.enumerated() {
            for (allowed, allowedPaths) in covered.enumerated() {
                let expected = zip(askedPaths, allowedPaths).allSatisfy { !$0 || $1 }
                containing += expected ? 1 : 0
                guard parsed[allowed].contains(parsed[asked]) == expected else {
                    Issue.record("\(Self.patterns[asked]) in \(Self.patterns[allowed]) should be \(expected)")
                    return
                }
            }
        }
        // Both answers occur often, so the comparison means something.
        #expect(containing > 2_000 && containing < Self.patterns.count * Self.patterns.count / 2)
    }

    @Test("covers the paths that the server's algorithm covers")
    func matching() {
        for pattern in Self.patterns {
            let parsed = PathPattern(pattern)
            for path in Self.paths where parsed.matches(path) != ReferencePolicy.matches(pattern, path) {
                Issue.record("\(pattern) and \(path)")
                return
            }
        }
    }

    @Test("a policy of contained rules never allows more than the boundary, by the server's precedence")
    func precedence() {
        var random = SplitMix64(seed: 6)
        let capabilities: [Set<Capability>] = [[.read], [.read, .list], [.create, .update], [.delete], [.deny]]
        var reached = 0
        for _ in 0..<400 {
            let allowed = (0..<3).map { _ in
                PolicyRule(
                    path: random.pick(Self.patterns, or: "a"),
                    capabilities: random.pick(Array(capabilities.dropLast()), or: [.read]))
            }
            let asked = (0..<12).map { _ in
                PolicyRule(
                    path: random.pick(Self.patterns, or: "a"), capabilities: random.pick(capabilities, or: [.read]))
            }
            // What the gate would let through: deny, and what one allowed path after the other grants.
            let accepted = asked.filter { rule in
                rule.capabilities == [.deny]
                    || rule.capabilities.allSatisfy { capability in
                        allowed.contains {
                            $0.capabilities.contains(capability)
                                && PathPattern($0.path).contains(PathPattern(rule.path))
                        }
                    }
            }
            let policy = ReferencePolicy(accepted)
            for path in Self.paths {
                let union = allowed.filter { ReferencePolicy.matches($0.path, path) }
                    .reduce(into: Set<Capability>()) { $0.formUnion($1.capabilities) }
                let effective = policy.allowed(at: path)
                reached += effective.isEmpty ? 0 : 1
                guard effective.isSubset(of: union) else {
                    Issue.record("\(accepted.map(\.path)) reach \(path), boundary \(allowed.map(\.path))")
                    return
                }
            }
        }
        #expect(reached > 1_000)
    }

    @Test(
        "knows the edges of the grammar",
        arguments: [
            ("kv/data/team-a*", "kv/data/team-ab", true), ("kv/data/team-a/*", "kv/data/team-ab", false),
            ("kv/data/team-a/*", "kv/data/team-a", false), ("kv/+/x", "kv/a+b/x", true), ("kv/a+b", "kv/acb", false),
            ("kv/+a", "kv/ba", false), ("kv/+", "kv/a/b", false), ("kv/*", "kv/+/x", true), ("kv/*", "kv*", false),
            ("kv/+/*", "kv/a", false), ("kv/+/*", "kv/a/*", true), ("kv/a*", "kv/+", false), ("kv/*", "kv/+", true),
            ("kv/é", "kv/e\u{301}", false), ("kv/K", "kv/\u{212A}", false),
        ])
    func edges(allowed: String, asked: String, isContained: Bool) {
        #expect(PathPattern(allowed).contains(PathPattern(asked)) == isContained)
    }
}
