public import KubernetesModel

/// The objects of one kind as the API server last reported them, readable from anywhere without waiting.
///
/// Only a reflector (or a simulation in its place) writes. Objects are values, so nobody can change the cache.
public final class Store<Object: KubernetesResource>: Sendable {
    /// The namespaces whose objects are read, one by one; empty for all, as one.
    public let namespaces: [String]
    private let clock: any RuntimeClock
    private let state: Monitor<StoreState<Object>>

    /// Makes an empty store.
    ///
    /// - Parameters:
    ///   - indices: functions that yield the values under which `objects(index:value:)` finds an object. They must
    ///     depend on the object alone, and on nothing of its status; they run while others wait, and have to be cheap.
    ///   - namespaces: those whose objects are read, each by a list and a watch of its own; none for all. Of a kind without
    ///     namespaces there is one list.
    ///   - clock: bounds `waitForOwnWrites`.
    public init(
        indices: [String: @Sendable (Object) -> [String]] = [:], namespaces: [String] = [],
        clock: any RuntimeClock = SystemClock()
    ) {
        let namespaces = Object.descriptor.isNamespaced ? Set(namespaces) : []
        self.namespaces = namespaces.sorted()
        self.clock = clock
        state = Monitor(StoreState(indexers: indices, namespaces: namespaces.isEmpty ? nil : namespaces))
    }

    // MARK: Reading

    /// The object with a key.
    public func get(_ key: ObjectKey) -> Object? {
        state.read { $0.objects[key] }?.value
    }

    /// The generation of the object with a key: how often its spec was changed.
    public func generation(of key: ObjectKey) -> Int64? { get(key)?.metadata.generation }

    /// All objects, sorted by key. Sorts on each call; use an index where a reconcile needs some of many.
    public var all: [Object] {
        state.read { $0.objects }.sorted { $0.key < $1.key }.map(\.value.value)
    }

    /// The number of objects.
    public var count: Int { state.read { $0.objects.count } }

    /// The number of objects for which an index yields a value.
    public func count(index: String, value: String) -> Int { state.read { $0.keys(index: index, value: value).count } }

    /// The keys of the objects for which an index yields a value.
    public func keys(index: String, value: String) -> Set<ObjectKey> {
        state.read { $0.keys(index: index, value: value) }
    }

    /// The objects for which an index yields a value, sorted by key.
    public func objects(index: String, value: String) -> [Object] {
        // Keys are sorted rather than objects, which are large.
        state.read { state in
            state.keys(index: index, value: value).sorted().compactMap { state.objects[$0] }
        }.map(\.value)
    }

    /// What is wanted of each object for which an index yields a value, in any order: for the many of one value, of which a
    /// part is enough.
    ///
    /// - Parameter part: of one object; nil leaves it out.
    public func parts<Part>(index: String, value: String, _ part: (Object) -> Part?) -> [Part] {
        state.read { state in state.keys(index: index, value: value).compactMap { state.objects[$0] } }
            .compactMap { part($0.value) }
    }

    /// Objects that exist on the server but do not fit their Swift type. `get` returns the last state that did, or nil:
    /// whoever acts on absence has to look here first.
    public var undecodable: [ObjectKey: UndecodableObject] { state.read { $0.undecodable } }

    /// Everything up to this version is in the store; nil before the first list, and where namespaces are read one by one.
    public var resourceVersion: ResourceVersion? { state.read { $0.resourceVersion } }

    /// Whether the first complete list is stored and its changes have been handed to the handlers.
    public var hasSynced: Bool { state.read { $0.hasSynced } }

    /// Waits for the first complete list.
    ///
    /// - Throws: `CancellationError`.
    public func waitUntilSynced() async throws {
        try await state.wait { $0.hasSynced ? () : nil }
    }

    // MARK: Writing (reflector, simulations)

    /// Makes the store, or what it has of a namespace that is read by itself, equal to a complete list.
    ///
    /// - Returns: what changed, sorted by key, deletions first. An object that vanished while nobody watched is a deletion
    ///   with its last known state; a new UID under an old name is a deletion and an addition; an unchanged object is none.
    ///   An object that is listed as undecodable keeps its last known state.
    /// - Parameter moment: when the list was asked for, if it is of the newest state (a quorum read). It ends the wait for all own
    ///   writes from before: it shows them, or the server has lost them, as after a restore of older data, in which versions
    ///   start again below those that were seen. A list from a cache proves nothing of that kind.
    public func replace(
        with objects: [Object], undecodable: [UndecodableObject] = [], resourceVersion: ResourceVersion,
        newestAt moment: Moment? = nil, in namespace: String? = nil
    ) -> [Delta<Object>] {
        var listing = Listing<Object>()
        objects.forEach { listing.take($0) }
        undecodable.forEach { listing.take(undecodable: $0) }
        return replace(with: listing, resourceVersion: resourceVersion, newestAt: moment, in: namespace).map(\.delta)
    }

    /// The same for a list as it was read.
    func replace(
        with listing: Listing<Object>, resourceVersion: ResourceVersion, newestAt moment: Moment?, in namespace: String?
    ) -> [StoreState<Object>.ListedChange] {
        state.update {
            $0.replace(
                with: listing, resourceVersion: resourceVersion, afterWrite: moment?.lastWrite ?? 0, in: namespace)
        }
    }

    /// A point between own writes of this process.
    public struct Moment: Sendable {
        fileprivate let lastWrite: UInt64
    }

    /// This moment, for a list that is asked for now.
    public var moment: Moment { Moment(lastWrite: state.read { $0.lastWrite }) }

    /// Applies one change of a watch.
    ///
    /// - Returns: what changed; nil when nothing did. When the name now belongs to another UID without a deletion in
    ///   between, the delta has both objects; use `deltas(applying:)` to get a deletion and an addition.
    @discardableResult
    public func apply(_ change: StoreChange<Object>) -> Delta<Object>? {
        state.update { $0.apply(change) }
    }

    /// Applies one change of a watch; another UID under the same name becomes a deletion and an addition.
    public func deltas(applying change: StoreChange<Object>) -> [Delta<Object>] {
        guard case .upsert(let object) = change, let old = get(object.key), old.metadata.uid != object.metadata.uid
        else { return apply(change).map { [$0] } ?? [] }
        return [apply(.delete(old)), apply(change)].compactMap { $0 }
    }

    /// Notes that the server has nothing newer up to this version (a bookmark, or an object that cannot be decoded).
    public func advance(to resourceVersion: ResourceVersion, in namespace: String? = nil) {
        state.update { state in
            state.advance(to: resourceVersion, in: namespace)
            state.dropReachedWrites()
        }
    }

    /// Declares the first list, or that of a namespace, complete and delivered; with the last one workers may start.
    public func markSynced(in namespace: String? = nil) {
        state.update { $0.markSynced(namespace) }
    }

    // MARK: Reading own writes

    /// Remembers that this process wrote this version of an object, so that nobody acts on the older one.
    public func noteWrite(_ key: ObjectKey, uid: String, resourceVersion: ResourceVersion) {
        state.update { $0.noteWrite(key, uid: uid, resourceVersion: resourceVersion) }
    }

    /// Remembers a write by the object that the server returned.
    public func noteWrite(_ stored: Object) {
        guard let uid = stored.metadata.uid, let version = stored.metadata.resourceVersion else { return }
        noteWrite(stored.key, uid: uid, resourceVersion: version)
    }

    /// Remembers that this process deleted an object, so that nobody acts on it while the store still shows it.
    public func noteDeletion(_ key: ObjectKey, uid: String) {
        state.update { $0.noteDeletion(key, uid: uid) }
    }

    /// Waits until the store has caught up with this process's own writes of an object.
    ///
    /// - Parameters:
    ///   - timeout: how long to wait at most.
    ///   - live: reads the object from the server, for the case that versions cannot be ordered (a server with opaque
    ///     ones): the store has caught up if it shows what the server has now. Without it such a write delays one pass only.
    /// - Returns: false when the time was up or the task was cancelled first; then do not act on what the store says.
    public func waitForOwnWrites(
        _ key: ObjectKey, atMost timeout: Duration = .seconds(5),
        live: (@Sendable (ObjectKey) async throws -> Object?)? = nil
    ) async -> Bool {
        guard state.read({ $0.awaitsOwnWrite(key) }) else { return true }
        if (try? await state.wait(atMost: timeout, clock: clock, until: { !$0.awaitsOwnWrite(key) })) == true {
            return true
        }
        guard state.read({ $0.awaitsUnorderedWrite(key) }) else { return false }
        guard let live else {
            state.update { $0.forgetWrite(key) }
            return false
        }
        let now: Object?
        do { now = try await live(key) } catch { return false }
        let stored = get(key)?.metadata
        guard stored?.uid == now?.metadata.uid, stored?.resourceVersion == now?.metadata.resourceVersion else {
            return false
        }
        state.update { $0.forgetWrite(key) }
        return true
    }
}
