import HeapModule

/// The keys that wait for a worker, in the order in which they are handed out: by priority, then groups take turns, then by
/// arrival. Pure.
///
/// However many keys a group has, it makes no other one wait for more than one of them. Each priority has turns of its own:
/// what is handed out of one says nothing about who is next in another. Elements are never searched: whoever takes a key
/// out says so, and its element is skipped when it surfaces.
struct ReadyKeys<Key: Hashable & Sendable>: Sendable {
    struct Element: Comparable, Sendable {
        /// The order of arrival; a key keeps it when it becomes more urgent.
        let sequence: UInt64
        let key: Key
        let generation: UInt64

        static func < (left: Self, right: Self) -> Bool { left.sequence < right.sequence }
        static func == (left: Self, right: Self) -> Bool {
            left.sequence == right.sequence && left.generation == right.generation
        }
    }

    private var lanes: [WorkPriority: Lane] = [:]

    /// The number of ready keys by priority.
    var depths: [WorkPriority: Int] { lanes.mapValues(\.count) }

    /// The number of elements, those to be skipped included.
    var elementCount: Int { lanes.values.reduce(0) { $0 + $1.elementCount } }

    /// The number of groups that are remembered: those that have keys.
    var groupCount: Int { lanes.values.reduce(0) { $0 + $1.groups.count } }

    mutating func insert(_ element: Element, of group: String?, at priority: WorkPriority) {
        lanes[priority, default: Lane()].insert(element, of: group)
    }

    /// A key is not ready at a priority any more; its element is not current any more either.
    mutating func remove(of group: String?, at priority: WorkPriority) {
        lanes[priority]?.remove(of: group)
        if lanes[priority]?.count == 0 { lanes[priority] = nil }
    }

    /// Hands out the first key.
    ///
    /// - Parameters:
    ///   - isCurrent: whether an element still stands for its key.
    ///   - mayGo: whether keys of a group may be handed out now; one whose may not keeps its turn.
    mutating func popFirst(
        where isCurrent: (Element) -> Bool, ofGroups mayGo: (String?) -> Bool = { _ in true }
    ) -> Element? {
        for priority in lanes.keys.sorted(by: >) {
            let element = lanes[priority]?.popFirst(where: isCurrent, ofGroups: mayGo)
            // Turns are compared within a priority only, so an empty one may start from the beginning.
            if lanes[priority]?.count == 0 { lanes[priority] = nil }
            if let element { return element }
        }
        return nil
    }

    /// Drops the elements that would be skipped.
    mutating func compact(keeping isCurrent: (Element) -> Bool) {
        for priority in Array(lanes.keys) { lanes[priority]?.compact(keeping: isCurrent) }
    }

    // MARK: One priority

    /// A group's next turn; of equal ones the one that was there first.
    private struct Turn: Comparable, Sendable {
        let number: UInt64
        let order: UInt64
        let group: String?

        static func < (left: Self, right: Self) -> Bool {
            (left.number, left.order) < (right.number, right.order)
        }
        static func == (left: Self, right: Self) -> Bool { left.order == right.order }
    }

    private struct Group: Sendable {
        var elements: Heap<Element> = []
        var count = 0
        var nextTurn: UInt64
    }

    private struct Lane: Sendable {
        private(set) var count = 0
        private(set) var elementCount = 0
        /// The groups that have keys. One without any is like a new one, and not remembered.
        private(set) var groups: [String?: Group] = [:]
        private var turns: Heap<Turn> = []
        private var lastServed: UInt64 = 0
        private var lastOrder: UInt64 = 0

        mutating func insert(_ element: Element, of group: String?) {
            if groups[group] == nil {
                groups[group] = Group(nextTurn: lastServed + 1)
                queue(group, for: lastServed + 1)
            }
            groups[group]?.elements.insert(element)
            groups[group]?.count += 1
            count += 1
            elementCount += 1
        }

        mutating func remove(of group: String?) {
            guard let old = groups[group] else { return }
            count -= 1
            groups[group]?.count -= 1
            if old.count == 1 { forget(group) }
        }

        mutating func popFirst(
            where isCurrent: (Element) -> Bool, ofGroups mayGo: (String?) -> Bool = { _ in true }
        ) -> Element? {
            // No more than there are groups with as many keys in flight as they may have.
            var putOff: [Turn] = []
            defer { turns.insert(contentsOf: putOff) }
            while let turn = turns.popMin() {
                guard groups[turn.group]?.nextTurn == turn.number else { continue }
                guard mayGo(turn.group) else {
                    putOff.append(turn)
                    continue
                }
                while let element = groups[turn.group]?.elements.popMin() {
                    elementCount -= 1
                    guard isCurrent(element) else { continue }
                    lastServed = max(lastServed, turn.number)
                    groups[turn.group]?.nextTurn = turn.number + 1
                    remove(of: turn.group)
                    if groups[turn.group] != nil { queue(turn.group, for: turn.number + 1) }
                    return element
                }
            }
            return nil
        }

        mutating func compact(keeping isCurrent: (Element) -> Bool) {
            for (name, group) in groups {
                groups[name]?.elements = Heap(group.elements.unordered.filter(isCurrent))
            }
            elementCount = groups.values.reduce(0) { $0 + $1.elements.count }
        }

        private mutating func queue(_ group: String?, for turn: UInt64) {
            lastOrder += 1
            turns.insert(Turn(number: turn, order: lastOrder, group: group))
            // A group that comes and goes leaves turns behind.
            guard turns.count > 2 * groups.count + 64 else { return }
            var seen: Set<String?> = []
            turns = Heap(
                turns.unordered.filter { groups[$0.group]?.nextTurn == $0.number && seen.insert($0.group).inserted })
        }

        private mutating func forget(_ group: String?) {
            elementCount -= groups.removeValue(forKey: group)?.elements.count ?? 0
        }
    }
}
