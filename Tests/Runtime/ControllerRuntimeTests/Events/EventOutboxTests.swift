import KubernetesModel
import KubernetesTesting
import Testing

@testable import ControllerRuntime

@Suite("EventOutbox")
struct EventOutboxTests {
    private func write(_ name: String, in namespace: String) -> EventAggregation.Write {
        .create(KubernetesEvent(metadata: ObjectMeta(name: name, namespace: namespace)))
    }

    private func take(_ count: Int, of outbox: inout EventOutbox, now: Duration = .zero) -> [String] {
        (0..<count).compactMap { _ in
            guard let write = outbox.next(now: now) else { return nil }
            outbox.settled()
            return "\(write.namespace)/\(write.event.metadata.name)"
        }
    }

    @Test("namespaces take turns, each in its own order")
    func turns() {
        var outbox = EventOutbox()
        for number in 1...3 { #expect(outbox.add(write("\(number)", in: "a")) == nil) }
        for number in 1...2 { #expect(outbox.add(write("\(number)", in: "b")) == nil) }
        #expect(outbox.count == 5)
        #expect(take(9, of: &outbox) == ["a/1", "b/1", "a/2", "b/2", "a/3"])
        #expect(outbox.count == 0)
        #expect(!outbox.isReady)
    }

    @Test("a write that is being sent stays until it is settled")
    func peeks() {
        var outbox = EventOutbox()
        _ = outbox.add(write("1", in: "a"))
        #expect(outbox.next(now: .zero) == outbox.next(now: .zero))
        #expect(outbox.count == 1)
        outbox.yieldTurn()
        #expect(take(2, of: &outbox) == ["a/1"])
    }

    @Test("a namespace in trouble pauses for ten seconds, then for longer, up to five minutes, until a write is stored")
    func pauses() {
        var outbox = EventOutbox()
        for number in 1...3 { _ = outbox.add(write("\(number)", in: "bad")) }
        var (now, pauses): (Duration, [Duration]) = (.zero, [])
        for _ in 0..<7 {
            #expect(outbox.next(now: now) != nil)
            #expect(outbox.failed(isAnswer: false, now: now, unit: 0.5) == false)
            #expect(!outbox.isReady)
            _ = outbox.add(write("x", in: "good"))
            #expect(take(2, of: &outbox, now: now) == ["good/x"])
            let resumesAt = outbox.resumesAt ?? .zero
            #expect(outbox.next(now: resumesAt - .milliseconds(1)) == nil)
            pauses.append(resumesAt - now)
            now = resumesAt
        }
        #expect(pauses == [10, 20, 40, 80, 160, 300, 300].map { .seconds($0) })
        #expect(take(1, of: &outbox, now: now).count == 1)
        _ = outbox.failed(isAnswer: false, now: now, unit: 0.5)
        #expect(outbox.resumesAt == now + .seconds(10))
    }

    @Test("trouble is remembered though nothing is left to send, and forgotten with the pause")
    func emptyLine() {
        var outbox = EventOutbox()
        _ = outbox.add(write("1", in: "bad"))
        var now = Duration.zero
        for _ in 1..<EventOutbox.tries {
            #expect(outbox.next(now: now) != nil)
            #expect(outbox.failed(isAnswer: true, now: now, unit: 0.5) == false)
            now = outbox.resumesAt ?? .zero
        }
        _ = outbox.next(now: now)
        #expect(outbox.failed(isAnswer: true, now: now, unit: 0.5) == true)
        #expect(outbox.count == 0)
        _ = outbox.add(write("2", in: "bad"))
        #expect(outbox.next(now: now) == nil)
        now = outbox.resumesAt ?? .zero
        #expect(take(1, of: &outbox, now: now) == ["bad/2"])
        #expect(outbox.resumesAt == nil)
    }

    @Test("when all is full, a short line takes its room from the longest one, from behind")
    func room() {
        var outbox = EventOutbox()
        for number in 0..<EventOutbox.limit { #expect(outbox.add(write("\(number)", in: "flood")) == nil) }
        #expect(outbox.add(write("more", in: "flood")) == write("more", in: "flood"))
        #expect(outbox.add(write("1", in: "quiet")) == write("\(EventOutbox.limit - 1)", in: "flood"))
        #expect(outbox.count == EventOutbox.limit)
        #expect(take(2, of: &outbox) == ["flood/0", "quiet/1"])
    }

    @Test("what was sent is not kept, though the outbox is never empty")
    func memory() {
        var outbox = EventOutbox()
        _ = outbox.add(write("first", in: "a"))
        for number in 0..<10_000 {
            _ = outbox.add(write("\(number)", in: "a"))
            #expect(take(1, of: &outbox).count == 1)
        }
        #expect(outbox.count == 1)
        #expect(outbox.storedWrites == 1)
    }

    @Test("random histories: nothing is lost unnoticed, nor sent twice", arguments: 0..<30)
    func property(seed: Int) {
        let random = SeededRandomSource(seed: UInt64(seed))
        func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }
        var outbox = EventOutbox()
        var (now, added, dropped, sent): (Duration, Int, Int, [String]) = (.zero, 0, 0, [])
        for step in 0..<3_000 {
            now += .milliseconds(below(5_000))
            if below(3) > 0 {
                added += 1
                if outbox.add(write("\(step)", in: "n\(below(4) * below(3))")) != nil { dropped += 1 }
            } else if let next = outbox.next(now: now) {
                switch below(6) {
                case 0: dropped += outbox.failed(isAnswer: below(2) == 0, now: now, unit: random.unit()) ? 1 : 0
                case 1: outbox.yieldTurn()
                default:
                    sent.append(next.event.metadata.name)
                    outbox.settled()
                }
            }
            #expect(outbox.count <= EventOutbox.limit)
        }
        outbox.resumeAll()
        while let next = outbox.next(now: now) {
            sent.append(next.event.metadata.name)
            outbox.settled()
        }
        #expect(Set(sent).count == sent.count)
        #expect(sent.count + dropped == added)
        #expect(outbox.count == 0)
        #expect(outbox.storedWrites == 0)
    }
}
