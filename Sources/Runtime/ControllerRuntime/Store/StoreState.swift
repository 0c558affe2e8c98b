import KubernetesModel

/// What a store remembers, and the rules by which it changes. Pure.
struct StoreState<Object: KubernetesResource>: Sendable {
    /// Shares the object between readers, so that a read under the lock copies one reference.
    final class Box: Sendable {
        let value: Object
        init(_ value: Object) { self.value = value }
    }

    /// What this process did to an object and the store may not show yet.
    private struct OwnWrite: Sendable {
        /// The number of the write, in the order in which they were noted.
        let number: UInt64
        let uid: String
        /// nil for a deletion.
        let resourceVersion: ResourceVersion?
    }

    private let indexers: [String: @Sendable (Object) -> [String]]
    private(set) var objects: [ObjectKey: Box] = [:]
    /// Objects that exist but do not fit their Swift type; of some an older state is stored.
    private(set) var undecodable: [ObjectKey: UndecodableObject] = [:]
    private var indices: [String: [String: Set<ObjectKey>]] = [:]
    private var ownWrites: [ObjectKey: OwnWrite] = [:]
    /// How many own writes were ever noted.
    private(set) var lastWrite: UInt64 = 0
    /// The namespaces that are read one by one; nil when everything is read as one.
    private let namespaces: Set<String>?
    /// Up to which version everything is in the store, by namespace; under the empty name, of everything.
    private var versions: [String: ResourceVersion] = [:]
    private var synced: Set<String> = []

    init(indexers: [String: @Sendable (Object) -> [String]], namespaces: Set<String>? = nil) {
        self.indexers = indexers
        self.namespaces = namespaces
    }

    /// Everything up to this version is in the store; nil when it is read in several parts, which have one each.
    var resourceVersion: ResourceVersion? { versions[""] }

    /// Whether all parts have been listed.
    var hasSynced: Bool { synced == namespaces ?? [""] }

    mutating func markSynced(_ namespace: String?) { synced.insert(part(namespace)) }

    /// The part of the store that a namespace is.
    private func part(_ namespace: String?) -> String { namespaces == nil ? "" : namespace ?? "" }

    // MARK: Changing

    /// What a list changed: as boxes, since it may be all objects.
    struct ListedChange: Sendable {
        fileprivate let old: Box?
        fileprivate let new: Box?

        var delta: Delta<Object> { Delta(old: old?.value, new: new?.value, isFromList: true) }
    }

    /// Makes the store equal to a complete list; what vanished becomes a deletion, a new UID a deletion and an addition.
    /// What is listed but cannot be decoded keeps its last known state: unreadable is not absent.
    ///
    /// - Parameter write: the list shows every own write up to this one, or the server has lost it.
    /// - Returns: what changed, sorted by key, deletions first.
    mutating func replace(
        with listing: Listing<Object>, resourceVersion version: ResourceVersion, afterWrite write: UInt64 = 0,
        in namespace: String? = nil
    ) -> [ListedChange] {
        let part = part(namespace)
        undecodable = undecodable.filter { self.part($0.key.namespace) != part }
            .merging(listing.undecodable, uniquingKeysWith: { _, last in last })
        let listed = listing.objects
        var changes: [ListedChange] = []
        let known = objects.filter { self.part($0.key.namespace) == part }
        for (key, box) in known.sorted(by: { $0.key < $1.key })
        where listed[key].map({ $0.value.metadata.uid != box.value.metadata.uid })
            ?? undecodable[key].map({ isSuccessor($0, of: box.value) }) ?? true
        {
            set(key, nil)
            changes.append(ListedChange(old: box, new: nil))
        }
        for (key, box) in listed.sorted(by: { $0.key < $1.key }) {
            let old = objects[key]
            guard old?.value != box.value else { continue }
            set(key, box)
            changes.append(ListedChange(old: old, new: box))
        }
        versions[part] = version
        ownWrites = ownWrites.filter { $0.value.number > write || self.part($0.key.namespace) != part }
        dropReachedWrites()
        return changes
    }

    /// Applies one change of a watch; nil when it changes nothing.
    mutating func apply(_ change: StoreChange<Object>) -> Delta<Object>? {
        switch change {
        case .upsert(let object):
            let old = objects[object.key]?.value
            undecodable[object.key] = nil
            set(object.key, Box(object))
            advance(to: object.metadata.resourceVersion, in: object.key.namespace)
            dropReachedWrite(object.key)
            return old == object ? nil : Delta(old: old, new: object)
        case .delete(let last):
            // A late deletion of an earlier object of that name leaves its successor alone.
            let isSame = objects[last.key].map { $0.value.metadata.uid == last.metadata.uid } ?? true
            return remove(last.key, if: isSame, version: last.metadata.resourceVersion)
        case .deleteKey(let key, let version):
            return remove(key, if: true, version: version)
        case .undecodable(let object):
            // The last state of this object is kept; that of an earlier one with its name is not.
            let former = objects[object.key]?.value
            let isReplaced = former.map { isSuccessor(object, of: $0) } ?? false
            if isReplaced { set(object.key, nil) }
            undecodable[object.key] = object
            advance(to: object.resourceVersion, in: object.key.namespace)
            dropReachedWrite(object.key)
            return isReplaced ? Delta(old: former, new: nil) : nil
        }
    }

    /// Notes that everything up to a version has been seen.
    mutating func advance(to version: ResourceVersion?, in namespace: String?) {
        guard let version else { return }
        let part = part(namespace)
        if let current = versions[part], version.isAtLeast(current) == false { return }
        versions[part] = version
    }

    // MARK: Own writes

    mutating func noteWrite(_ key: ObjectKey, uid: String, resourceVersion: ResourceVersion) {
        note(key, uid: uid, resourceVersion: resourceVersion)
        dropReachedWrite(key)
    }

    mutating func noteDeletion(_ key: ObjectKey, uid: String) {
        note(key, uid: uid, resourceVersion: nil)
        dropReachedWrite(key)
    }

    private mutating func note(_ key: ObjectKey, uid: String, resourceVersion: ResourceVersion?) {
        lastWrite += 1
        ownWrites[key] = OwnWrite(number: lastWrite, uid: uid, resourceVersion: resourceVersion)
    }

    /// Whether the store has not yet seen this process's last write of the object.
    func awaitsOwnWrite(_ key: ObjectKey) -> Bool { ownWrites[key] != nil }

    /// Whether it can never be told by versions whether the store has seen this process's write: the server's are opaque.
    func awaitsUnorderedWrite(_ key: ObjectKey) -> Bool {
        guard let version = ownWrites[key]?.resourceVersion, let current = versions[part(key.namespace)] else {
            return false
        }
        return current.isAtLeast(version) == nil
    }

    /// Stops waiting for this process's last write of the object.
    mutating func forgetWrite(_ key: ObjectKey) {
        ownWrites[key] = nil
    }

    mutating func dropReachedWrites() {
        for key in Array(ownWrites.keys) { dropReachedWrite(key) }
    }

    var ownWriteCount: Int { ownWrites.count }

    private mutating func dropReachedWrite(_ key: ObjectKey) {
        guard let write = ownWrites[key] else { return }
        let stored = objects[key]?.value.metadata
        guard let version = write.resourceVersion else {
            // Gone, replaced, or on its way: an object with finalizers is first marked.
            if stored?.uid != write.uid || stored?.isBeingDeleted == true { ownWrites[key] = nil }
            return
        }
        let isStored = stored?.uid == write.uid && stored?.resourceVersion?.isAtLeast(version) == true
        // Otherwise only the version of the whole part proves anything: another uid may be older or newer than ours.
        if isStored || versions[part(key.namespace)]?.isAtLeast(version) == true {
            ownWrites[key] = nil
        }
    }

    // MARK: Indices

    /// Whether an object that cannot be decoded is known to be another one than that which had its name before.
    private func isSuccessor(_ object: UndecodableObject, of former: Object) -> Bool {
        guard let uid = object.uid, let formerUID = former.metadata.uid else { return false }
        return uid != formerUID
    }

    func keys(index: String, value: String) -> Set<ObjectKey> { indices[index]?[value] ?? [] }

    private mutating func remove(_ key: ObjectKey, if matches: Bool, version: ResourceVersion?) -> Delta<Object>? {
        let old = matches ? objects[key]?.value : nil
        if matches {
            undecodable[key] = nil
            set(key, nil)
        }
        advance(to: version, in: key.namespace)
        dropReachedWrite(key)
        return old.map { Delta(old: $0, new: nil) }
    }

    /// Stores or removes an object and keeps the indices in step; the old values come from the object that was stored.
    private mutating func set(_ key: ObjectKey, _ box: Box?) {
        let old = objects[key]?.value
        let object = box?.value
        objects[key] = box
        // Who writes status often must not make everybody wait for it.
        if let old, let object, !Delta(old: old, new: object).changesMoreThanStatus, object.metadata.generation != nil {
            return
        }
        for (name, values) in indexers {
            let before = Set(old.map(values) ?? [])
            let after = Set(object.map(values) ?? [])
            for value in before.subtracting(after) {
                indices[name]?[value]?.remove(key)
                if indices[name]?[value]?.isEmpty == true { indices[name]?[value] = nil }
            }
            for value in after.subtracting(before) {
                indices[name, default: [:]][value, default: []].insert(key)
            }
        }
    }
}
