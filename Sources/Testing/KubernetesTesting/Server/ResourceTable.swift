import KubernetesModel

/// The objects of one kind and their recent history.
struct ResourceTable {
    let descriptor: ResourceDescriptor
    private(set) var objects: [ObjectKey: StoredObject] = [:]
    /// The position in the history of its first element; grows as the history is cut off.
    private(set) var firstPosition = 0
    private(set) var history: [HistoryEvent] = []
    /// Changes up to this version can no longer be watched.
    private(set) var compactedVersion: UInt64 = 0

    /// Starts without objects.
    init(descriptor: ResourceDescriptor) {
        self.descriptor = descriptor
    }

    /// The position after the last event.
    var endPosition: Int { firstPosition + history.count }

    /// The objects in the order of a list.
    func sorted(_ selector: ObjectSelector) -> [StoredObject] {
        objects.values.filter(selector.matches).sorted { $0.key < $1.key }
    }

    /// Stores a new state and remembers the change.
    mutating func store(_ object: StoredObject, at version: UInt64, keeping limit: Int) {
        let previous = objects.updateValue(object, forKey: object.key)
        append(
            HistoryEvent(resourceVersion: version, previous: previous, object: object, isDeletion: false),
            keeping: limit)
    }

    /// Removes an object, whose last state carries the version of the deletion.
    mutating func remove(_ object: StoredObject, at version: UInt64, keeping limit: Int) {
        let previous = objects.removeValue(forKey: object.key)
        append(
            HistoryEvent(resourceVersion: version, previous: previous, object: object, isDeletion: true),
            keeping: limit)
    }

    /// Lets watches know that nothing else happened up to a version.
    mutating func bookmark(at version: UInt64, keeping limit: Int) {
        append(
            HistoryEvent(resourceVersion: version, previous: nil, object: nil, isDeletion: false), keeping: limit)
    }

    /// Forgets the changes up to a version.
    mutating func compact(upTo version: UInt64) {
        let count = history.prefix { $0.resourceVersion <= version }.count
        history.removeFirst(count)
        firstPosition += count
        compactedVersion = max(compactedVersion, version)
    }

    /// The event at a position; nil at the end. Positions that were cut off must be refused before.
    func event(at position: Int) -> HistoryEvent? {
        let index = position - firstPosition
        return history.indices.contains(index) ? history[index] : nil
    }

    /// The position of the first change after a version; nil when that part of the history is gone.
    func position(after version: UInt64) -> Int? {
        guard version >= compactedVersion else { return nil }
        var low = 0
        var high = history.count
        while low < high {
            let middle = (low + high) / 2
            if history[middle].resourceVersion <= version { low = middle + 1 } else { high = middle }
        }
        return firstPosition + low
    }

    private mutating func append(_ event: HistoryEvent, keeping limit: Int) {
        history.append(event)
        // Cutting off in blocks keeps the cost per write constant.
        guard history.count >= limit * 2, let last = history.dropLast(limit).last else { return }
        compact(upTo: last.resourceVersion)
    }
}
