import LanyardCore

/// Vault's own decision on a path, written down again by the rules of its documentation, for comparison: an exact
/// match beats everything, then the most specific pattern decides alone, and equal patterns add up.
struct ReferencePolicy {
    private var capabilities: [String: Set<Capability>] = [:]

    init(_ rules: [PolicyRule]) {
        for rule in rules { capabilities[rule.path, default: []].formUnion(rule.capabilities) }
    }

    /// What may be done at a path.
    func allowed(at path: String) -> Set<Capability> {
        let winner =
            capabilities[path] != nil && !Self.hasWildcard(path)
            ? path : capabilities.keys.filter { Self.matches($0, path) }.max(by: Self.isLessSpecific)
        let granted = winner.flatMap { capabilities[$0] } ?? []
        return granted.contains(.deny) ? [] : granted
    }

    private static func hasWildcard(_ pattern: String) -> Bool {
        pattern.hasSuffix("*") || pattern.split(separator: "/").contains("+")
    }

    /// Segment by segment, as the server does.
    static func matches(_ pattern: String, _ path: String) -> Bool {
        var wanted = pattern.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let given = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let isPrefix = pattern.hasSuffix("*")
        if isPrefix { wanted[wanted.count - 1].removeLast() }
        if isPrefix ? given.count < wanted.count : given.count != wanted.count { return false }
        for (index, segment) in wanted.enumerated() {
            if segment == "+" { continue }
            if isPrefix, index == wanted.count - 1 {
                if !given[index].hasPrefix(segment) { return false }
            } else if segment != given[index] {
                return false
            }
        }
        return true
    }

    /// A later first wildcard, no `*`, fewer `+`, longer, lexicographically larger: the order of the server's rules.
    private static func isLessSpecific(_ left: String, _ right: String) -> Bool {
        rank(left).lexicographicallyPrecedes(rank(right)) || (rank(left) == rank(right) && left < right)
    }

    private static func rank(_ pattern: String) -> [Int] {
        let characters = Array(pattern)
        let plus = characters.indices.first { index in
            characters[index] == "+" && (index == 0 || characters[index - 1] == "/")
                && (index + 1 == characters.count || characters[index + 1] == "/")
        }
        let isPrefix = pattern.hasSuffix("*")
        let first = min(plus ?? .max, isPrefix ? characters.count - 1 : .max)
        let count = pattern.split(separator: "/", omittingEmptySubsequences: false).filter { $0 == "+" }.count
        return [first, isPrefix ? 0 : 1, -count, characters.count]
    }
}
