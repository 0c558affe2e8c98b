import KubernetesModel
import KubernetesTesting
import Testing

@testable import ControllerRuntime

@Suite("Fault: 24 h of virtual time with 5 000 objects", .timeLimit(.minutes(5)))
struct LongRunTests {
    private static let objects = 5_000
    private static let resync = Duration.seconds(600)

    /// A day of one kind: objects that are looked at every ten minutes, edited, deleted, created again, and that fail.
    private struct Day {
        var queue = WorkQueueState<ObjectKey>(settings: WorkQueueSettings(), now: .zero)
        var store = StoreState<Widget>(indexers: ["color": { [$0.spec.color] }])
        let random = SeededRandomSource(seed: 24)
        var now = Duration.zero
        var version = 100
        var passes = 0

        private func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }

        mutating func widget(_ index: Int) -> Widget {
            version += 1
            return Widget("w\(index)", color: "c\(below(50))", uid: "\(version)", version: "\(version)")
        }

        /// Somebody creates, edits or deletes an object.
        mutating func act() {
            var widget = widget(below(LongRunTests.objects))
            let existing = store.objects[widget.key]?.value
            if let existing { widget.metadata.uid = existing.metadata.uid }
            if existing != nil, below(10) == 0 {
                _ = store.apply(.delete(widget))
            } else {
                _ = store.apply(.upsert(widget))
            }
            queue.add(widget.key, priority: .normal)
        }

        /// Something writes one object over and over, and each time it is looked at and put off again.
        mutating func flap() {
            guard let key = store.objects.keys.min() else { return }
            for _ in 0..<3_000 {
                queue.add(key, priority: .normal)
                work()
            }
        }

        /// Works on everything that is ready.
        mutating func work() {
            queue.advance(to: now)
            while let item = queue.next() {
                passes += 1
                queue.done(item.key)
                guard let widget = store.objects[item.key]?.value else {
                    queue.forget(item.key)
                    continue
                }
                if below(50) == 0 {
                    queue.addRateLimited(item.key, priority: item.priority, unit: random.unit())
                    continue
                }
                if below(100) == 0, let uid = widget.metadata.uid {
                    // An own write, which the watch shows at once.
                    version += 1
                    store.noteWrite(item.key, uid: uid, resourceVersion: ResourceVersion("\(version)"))
                    var written = widget
                    written.metadata.resourceVersion = ResourceVersion("\(version)")
                    _ = store.apply(.upsert(written))
                }
                queue.forget(item.key)
                let spread = LongRunTests.resync * (0.8 + 0.4 * random.unit())
                queue.add(item.key, priority: .low, after: spread)
            }
        }
    }

    @Test(
        "nothing grows from hour to hour, every object is looked at as often as it should, and in the end nothing is left"
    )
    func day() {
        var day = Day()
        var sizes: [Int] = []
        var peak = 0
        var initial = Listing<Widget>()
        for index in 0..<Self.objects { initial.take(day.widget(index)) }
        for change in day.store.replace(with: initial, resourceVersion: ResourceVersion("\(day.version)")) {
            if let key = change.delta.key { day.queue.add(key, priority: .low) }
        }
        for minute in 1...(24 * 60) {
            day.now = .seconds(minute * 60)
            for _ in 0..<5 { day.act() }
            day.work()
            if (725...735).contains(minute) { day.flap() }
            #expect(day.store.ownWriteCount == 0)
            peak = max(peak, day.queue.heapElementCount)
            if minute % 60 == 0 { sizes.append(day.queue.heapElementCount) }
        }
        #expect(peak <= 4 * Self.objects, "heaps grew: \(peak), \(sizes)")
        let (early, late) = (sizes[1...6].reduce(0, +), sizes.suffix(6).reduce(0, +))
        #expect(Double(late) < 1.15 * Double(early), "heaps grow: \(sizes)")
        #expect(day.store.objects.count <= Self.objects)
        // About 144 looks at each of them.
        #expect((600_000...800_000).contains(day.passes), "\(day.passes) passes")

        // Everything is deleted: nothing at all is remembered.
        for (key, box) in day.store.objects {
            _ = day.store.apply(.delete(box.value))
            day.queue.add(key, priority: .normal)
        }
        for minute in 1...30 {
            day.now += .seconds(60)
            day.work()
            if minute == 30 { #expect(day.queue.isEmpty) }
        }
        #expect(day.queue.heapElementCount <= 3 * 64)
        #expect(day.store.objects.isEmpty)
        for color in 0..<50 { #expect(day.store.keys(index: "color", value: "c\(color)").isEmpty) }
    }
}
