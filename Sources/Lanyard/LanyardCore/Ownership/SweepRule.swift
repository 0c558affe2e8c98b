/// When something without an owner goes, the one rule of both sweeps (rules sweep-1, sweep-2, sweep-8). Pure.
///
/// Two looks in succession have to find it, and never many things at once: much that is without an owner looks like a
/// disaster, such as an API server that was restored without its objects. All of it is held against the limit, and not only
/// what goes now, so that a disaster is not carried out in small parts.
///
/// A disaster shows in many namespaces. Whoever takes the finalizers off their own objects, again and again, shows in one:
/// what is theirs stays until a person has acted, and others' leftovers go all the same.
package enum SweepRule {
    /// So much may be without an owner however little there is.
    private static let floor = 5
    /// Otherwise one in this many.
    private static let share = 10
    /// So many looks in succession have to find something.
    private static let looks = 2
    /// After so many nobody who has come since is waited for.
    static let lastLook = 4

    /// What one look means.
    package struct Judgement<ID: Hashable & Sendable>: Equatable, Sendable {
        /// What was found often enough, and goes now.
        package var gone: Set<ID>
        /// How many looks in succession have found what is without an owner, for the next one; none for what is held.
        package var seen: [ID: Int]
        /// That there is too much, where the look before has found some of it, too.
        package var excess: Excess?
    }

    /// More without an owner than may be.
    package struct Excess: Equatable, Sendable {
        /// How many are without an owner, of how many.
        package let count: Int
        package let total: Int
        /// How many may be.
        package let limit: Int
        /// In how many namespaces nothing has an owner any more, where that alone is too much.
        package let emptied: Int?
        /// The few namespaces without which it would not be too much: what is theirs is held. None when it is too much all the
        /// same: then all is held.
        package let crowded: [String]

        /// How many are held.
        package let held: Int

        /// Why it is too much, for messages.
        package var reason: String {
            emptied.map { "all that \($0) namespaces had among them" } ?? "more than \(limit)"
        }

        /// Whether nothing goes.
        package var isStop: Bool { crowded.isEmpty }

        /// What happens, for messages.
        package var consequence: String {
            guard !isStop else { return "nothing is deleted" }
            let others = crowded.count > 5 ? " and \(crowded.count - 5) more namespaces" : ""
            return "nothing of \(crowded.prefix(5).joined(separator: ", "))\(others) is deleted"
        }

        /// Whether what is in a namespace stays until a person has acted, or few enough are left.
        fileprivate func holds(_ namespace: String) -> Bool { isStop || crowded.contains(namespace) }
    }

    /// Judges after a complete look.
    ///
    /// - Parameters:
    ///   - ownerless: what has no owner, with its namespace; empty where it has none.
    ///   - free: what has no owner and takes nothing along: it is not counted and not held up.
    ///   - all: how many there are in each namespace, those without an owner included.
    ///   - previous: what the look before has `seen`; empty when that failed.
    ///   - counts: whether this look is one in the succession. One that tries again what has failed is not, though it sees what
    ///     has an owner again, or is too much by now.
    package static func judge<ID: Hashable & Sendable>(
        ownerless: [ID: String], free: Set<ID> = [], among all: [String: Int], after previous: [ID: Int],
        counts: Bool = true
    ) -> Judgement<ID> {
        var seen: [ID: Int] = [:]
        for id in free.union(ownerless.keys) { seen[id] = previous[id, default: 0] + (counts ? 1 : 0) }
        var losses: [String: Int] = [:]
        for namespace in ownerless.values { losses[namespace, default: 0] += 1 }
        let isRepeated = ownerless.keys.contains { previous[$0] != nil }
        let excess = isRepeated ? Self.excess(losses, among: all) : nil
        if let excess {
            // Where somebody brings objects back little by little, the first look that finds few enough deletes nothing.
            for (id, namespace) in ownerless where excess.holds(namespace) { seen[id] = 0 }
        }
        return Judgement(gone: Set(seen.filter { $0.value >= looks }.keys), seen: seen, excess: excess)
    }

    private static func excess(_ ownerless: [String: Int], among all: [String: Int]) -> Excess? {
        let count = ownerless.values.reduce(0, +)
        let total = all.values.reduce(0, +)
        let limit = Self.limit(among: total)
        let emptied = Self.emptied(ownerless, among: all)
        guard count > limit || emptied != nil else { return nil }
        let crowded = crowd(ownerless, among: all, limit: limit)
        return Excess(
            count: count, total: total, limit: limit, emptied: count > limit ? nil : emptied, crowded: crowded,
            held: crowded.isEmpty ? count : crowded.reduce(0) { $0 + ownerless[$1, default: 0] })
    }

    /// How many namespaces have lost all, if those are too many: what one large namespace has does not vouch for them.
    private static func emptied(_ ownerless: [String: Int], among all: [String: Int]) -> Int? {
        let namespaces = all.filter { !$0.key.isEmpty && $0.value > 0 }
        let emptied = namespaces.count { ownerless[$0.key, default: 0] >= $0.value }
        return emptied > limit(among: namespaces.count) ? emptied : nil
    }

    /// The fewest namespaces without which the rest is within the limit. None in a disaster: when more namespaces have lost
    /// something than may be by the limit, when each has lost most, or when half of them do not explain it.
    private static func crowd(_ ownerless: [String: Int], among all: [String: Int], limit: Int) -> [String] {
        // What has no namespace is no tenant's: it explains nothing, and vouches for nobody.
        let namespaces = all.keys.filter { !$0.isEmpty }
        var losses = ownerless.filter { !$0.key.isEmpty }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }[...]
        let isSpread = losses.count > Self.limit(among: namespaces.count)
        let isSpared = namespaces.contains { 2 * ownerless[$0, default: 0] <= all[$0, default: 0] }
        guard !isSpread, isSpared else { return [] }
        losses = losses.prefix(max(1, namespaces.count / 2))
        var rest = ownerless.values.reduce(0, +)
        var crowd: [String] = []
        while rest > limit, let heaviest = losses.popFirst() {
            rest -= heaviest.value
            crowd.append(heaviest.key)
        }
        return rest > limit ? [] : crowd
    }

    private static func limit(among total: Int) -> Int { max(floor, total / share) }
}
