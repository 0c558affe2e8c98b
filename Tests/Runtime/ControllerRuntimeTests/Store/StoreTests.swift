import KubernetesModel
import KubernetesTesting
import Testing

@testable import ControllerRuntime

@Suite("Store", .timeLimit(.minutes(1)))
struct StoreTests {
    private let clock = VirtualClock()

    private func make() -> Store<Widget> {
        Store(indices: ["color": { [$0.spec.color] }], clock: clock)
    }

    private func version(_ number: Int) -> ResourceVersion { ResourceVersion("\(number)") }

    @Test("a list that lacks an object becomes a deletion with its last known state")
    func synthesizedDelete() {
        let store = make()
        let (first, second) = (Widget("a", uid: "1", version: "1"), Widget("b", uid: "2", version: "2"))
        #expect(
            store.replace(with: [second, first], resourceVersion: version(2)) == [
                Delta(old: nil, new: first, isFromList: true), Delta(old: nil, new: second, isFromList: true),
            ])
        #expect(
            store.replace(with: [second], resourceVersion: version(9)) == [
                Delta(old: first, new: nil, isFromList: true)
            ])
        #expect(store.all == [second])
    }

    @Test("another uid under the same name is a deletion and an addition, from a list and from a watch")
    func uidAware() {
        let store = make()
        let old = Widget("a", uid: "1", version: "1")
        let new = Widget("a", uid: "2", version: "5")
        let newer = Widget("a", uid: "3", version: "8")
        _ = store.replace(with: [old], resourceVersion: version(1))
        #expect(
            store.replace(with: [new], resourceVersion: version(5)) == [
                Delta(old: old, new: nil, isFromList: true), Delta(old: nil, new: new, isFromList: true),
            ])
        #expect(
            store.deltas(applying: .upsert(newer)) == [Delta(old: new, new: nil), Delta(old: nil, new: newer)])
        // A late deletion of the predecessor does not hit the successor.
        #expect(store.apply(.delete(new)) == nil)
        #expect(store.get(.widget("a")) == newer)
    }

    @Test("who writes status makes nobody wait for an index")
    func statusWrites() {
        let calls = Log<String>()
        let store = Store<Widget>(
            indices: [
                "color": { widget in
                    calls.append("\(widget.metadata.resourceVersion?.text ?? "")")
                    return [widget.spec.color]
                }
            ], clock: clock)
        store.apply(.upsert(Widget("a", uid: "1", version: "1", generation: 1)))
        store.apply(.upsert(Widget("a", uid: "1", version: "2", generation: 1)))
        _ = store.replace(with: [Widget("a", uid: "1", version: "3", generation: 1)], resourceVersion: version(3))
        #expect(calls.all == ["1"])
        store.apply(.upsert(Widget("a", color: "blue", uid: "1", version: "4", generation: 2)))
        #expect(store.objects(index: "color", value: "blue").count == 1)
        #expect(store.objects(index: "color", value: "red").isEmpty)
        // Where nothing counts changes, each may be one of what is looked for.
        store.apply(.upsert(Widget("a", color: "green", uid: "1", version: "5")))
        store.apply(.upsert(Widget("a", color: "white", uid: "1", version: "6")))
        #expect(store.objects(index: "color", value: "white").count == 1)
    }

    @Test("a list that changes nothing yields nothing")
    func unchanged() {
        let store = make()
        let widget = Widget("a", uid: "1", version: "1")
        _ = store.replace(with: [widget], resourceVersion: version(1))
        #expect(store.replace(with: [widget], resourceVersion: version(7)).isEmpty)
        #expect(store.resourceVersion == version(7))
    }

    @Test("an object that is listed but cannot be decoded keeps its last known state and is marked")
    func undecodable() {
        let store = make()
        let widget = Widget("a", uid: "1", version: "1")
        let bad = UndecodableObject(key: .widget("a"), resourceVersion: version(4), reason: "spec.color is missing")
        _ = store.replace(with: [widget], resourceVersion: version(1))
        #expect(store.replace(with: [], undecodable: [bad], resourceVersion: version(4)).isEmpty)
        #expect(store.get(.widget("a")) == widget)
        #expect(store.undecodable == [.widget("a"): bad])
        let repaired = Widget("a", color: "blue", uid: "1", version: "6")
        #expect(store.apply(.upsert(repaired)) == Delta(old: widget, new: repaired))
        #expect(store.undecodable.isEmpty)
        #expect(store.apply(.undecodable(bad)) == nil)
        #expect(
            store.apply(.deleteKey(.widget("a"), resourceVersion: version(9))) == Delta(old: repaired, new: nil))
        #expect(store.undecodable.isEmpty)
    }

    @Test("indices follow every change and stay empty of what is gone")
    func indices() {
        let store = make()
        _ = store.replace(
            with: [Widget("b", uid: "2"), Widget("a", uid: "1")], resourceVersion: version(1))
        #expect(store.objects(index: "color", value: "red").map(\.metadata.name) == ["a", "b"])
        store.apply(.upsert(Widget("a", color: "blue", uid: "1", version: "2")))
        #expect(store.objects(index: "color", value: "red").map(\.metadata.name) == ["b"])
        #expect(store.objects(index: "color", value: "blue").map(\.metadata.name) == ["a"])
        store.apply(.delete(Widget("a", color: "green", uid: "1", version: "3")))
        #expect(store.objects(index: "color", value: "blue").isEmpty)
        _ = store.replace(with: [], resourceVersion: version(4))
        #expect(store.objects(index: "color", value: "red").isEmpty)
    }

    @Test("random changes: indices always equal what a scan finds", arguments: 0..<20)
    func indexProperty(seed: Int) {
        let random = SeededRandomSource(seed: UInt64(seed))
        func pick(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }
        func widget() -> Widget {
            Widget("w\(pick(6))", color: ["red", "blue", "green"][pick(3)], uid: "\(pick(2))", version: "\(pick(99))")
        }
        let store = make()
        for step in 0..<300 {
            switch pick(4) {
            case 0: _ = store.replace(with: (0..<pick(6)).map { _ in widget() }, resourceVersion: version(step))
            case 1: store.apply(.delete(widget()))
            default: _ = store.deltas(applying: .upsert(widget()))
            }
            for color in ["red", "blue", "green"] {
                #expect(store.objects(index: "color", value: color) == store.all.filter { $0.spec.color == color })
            }
        }
    }

    @Test("readers are synced only when the reflector says that the first list was delivered")
    func synced() async throws {
        let store = make()
        async let waiting: Void = store.waitUntilSynced()
        _ = store.replace(with: [], resourceVersion: version(1))
        #expect(!store.hasSynced)
        store.markSynced()
        try await waiting
        #expect(store.hasSynced)
    }

    @Test("the store's version never goes back with events and bookmarks")
    func monotonous() {
        let store = make()
        _ = store.replace(with: [], resourceVersion: version(10))
        store.advance(to: version(9))
        #expect(store.resourceVersion == version(10))
        store.apply(.upsert(Widget("a", uid: "1", version: "100")))
        #expect(store.resourceVersion == version(100))
    }

    // MARK: Own writes

    enum CatchUp: CaseIterable {
        case sameVersion, laterVersion, bookmark, deletion, list
    }

    @Test("after an own write a reader waits until the store has caught up", arguments: CatchUp.allCases)
    func ownWrites(by way: CatchUp) async {
        let store = make()
        let key = ObjectKey.widget("a")
        _ = store.replace(with: [Widget("a", uid: "1", version: "5")], resourceVersion: version(5))
        store.noteWrite(key, uid: "1", resourceVersion: version(8))
        async let result = store.waitForOwnWrites(key, atMost: .seconds(5))
        await clock.waitForSleepers()
        store.apply(.upsert(Widget("other", uid: "9", version: "7")))
        switch way {
        case .sameVersion: store.apply(.upsert(Widget("a", uid: "1", version: "8")))
        case .laterVersion: store.apply(.upsert(Widget("a", uid: "1", version: "12")))
        case .bookmark: store.advance(to: version(8))
        case .deletion: store.apply(.delete(Widget("a", uid: "1", version: "11")))
        case .list: _ = store.replace(with: [], resourceVersion: version(20))
        }
        #expect(await result)
        #expect(await store.waitForOwnWrites(key, atMost: .zero))
    }

    @Test("a store that does not catch up makes the reader give up after its time, each time again")
    func barrierTimesOut() async {
        let store = make()
        _ = store.replace(with: [Widget("a", uid: "1", version: "5")], resourceVersion: version(5))
        store.noteWrite(.widget("a"), uid: "1", resourceVersion: version(8))
        for _ in 0..<2 {
            async let result = store.waitForOwnWrites(.widget("a"), atMost: .seconds(5))
            await clock.waitForSleepers()
            clock.advance(by: .seconds(5))
            #expect(await !result)
        }
        #expect(await store.waitForOwnWrites(.widget("b"), atMost: .zero))
    }

    @Test("a version that cannot be ordered holds up one pass only")
    func unordered() async {
        let store = make()
        _ = store.replace(with: [Widget("a", uid: "1", version: "abc")], resourceVersion: ResourceVersion("xyz"))
        store.noteWrite(.widget("a"), uid: "1", resourceVersion: ResourceVersion("def"))
        async let result = store.waitForOwnWrites(.widget("a"), atMost: .seconds(5))
        await clock.waitForSleepers()
        clock.advance(by: .seconds(5))
        #expect(await !result)
        #expect(await store.waitForOwnWrites(.widget("a"), atMost: .zero))
    }

    @Test("a write that the watch delivered before its answer came is not waited for")
    func overtaken() async {
        let store = make()
        _ = store.replace(with: [Widget("a", uid: "1", version: "8")], resourceVersion: version(8))
        store.noteWrite(Widget("a", uid: "1", version: "8"))
        #expect(await store.waitForOwnWrites(.widget("a"), atMost: .zero))
    }
}
