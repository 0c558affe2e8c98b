import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

@testable import LanyardControllers

@Suite("BoundaryBook")
struct BoundaryBookTests {
    private let boundaries: Store<IdentityBoundary>
    private let book: BoundaryBook

    init() throws {
        let simulated = SimulatedBoundaries(settings: try SimulatedWorld(seed: 1).settings)
        simulated.set([])
        boundaries = simulated.boundaries
        book = simulated.book
    }

    private func boundary(_ name: String, generation: Int64?, version: Int) -> IdentityBoundary {
        var boundary = IdentityBoundary.ofTenant(name)
        boundary.metadata.uid = "u-\(name)"
        boundary.metadata.generation = generation
        boundary.metadata.resourceVersion = ResourceVersion("\(version)")
        return boundary
    }

    @Test("boundaries are parsed when a spec changed, and not for a status, a bookmark or another namespace")
    func parsing() {
        boundaries.apply(.upsert(boundary("good", generation: 1, version: 11)))
        #expect(!book.effective(inNamespace: "good").allowsOrphan)
        #expect(book.timesParsed == 1)
        var told = boundary("good", generation: 1, version: 12)
        told.status = IdentityBoundaryStatus()
        told.status?.resources = 7
        boundaries.apply(.upsert(told))
        boundaries.advance(to: ResourceVersion("13"))
        _ = book.effective(inNamespace: "good")
        _ = book.effective(inNamespace: "other")
        #expect(book.timesParsed == 1)
        var changed = boundary("good", generation: 2, version: 14)
        changed.spec.allowOrphan = true
        boundaries.apply(.upsert(changed))
        #expect(book.effective(inNamespace: "good").allowsOrphan)
        #expect(book.timesParsed == 2)
        // One that cannot be read any more, or is another one of that name, counts.
        boundaries.apply(
            .undecodable(UndecodableObject(key: changed.key, uid: "u-good", resourceVersion: nil, reason: "r")))
        boundaries.advance(to: ResourceVersion("15"))
        #expect(!book.effective(inNamespace: "good").undecided.isEmpty)
        var successor = boundary("good", generation: 2, version: 16)
        successor.metadata.uid = "u-other"
        boundaries.apply(.upsert(successor))
        #expect(!book.effective(inNamespace: "good").allowsOrphan)
    }

    @Test("without generations specs are compared")
    func withoutGenerations() {
        boundaries.apply(.upsert(boundary("good", generation: nil, version: 11)))
        #expect(!book.effective(inNamespace: "good").allowsPause)
        var changed = boundary("good", generation: nil, version: 12)
        changed.spec.allowPause = true
        boundaries.apply(.upsert(changed))
        #expect(book.effective(inNamespace: "good").allowsPause)
    }
}

@Suite("Counts of verdicts")
struct VerdictTallyTests {
    private func subject(_ namespace: String, _ name: String, kind: String = "A") -> VerdictTally.Subject {
        .init(kind: kind, key: ObjectKey(namespace: namespace, name: name))
    }

    @Test("are kept up with each verdict, by namespace and kind")
    func counts() {
        var tally = VerdictTally()
        _ = tally.note(subject("a", "1"), isOutside: true)
        _ = tally.note(subject("a", "1", kind: "B"), isOutside: false)
        _ = tally.note(subject("b", "1"), isOutside: true)
        var read = [tally.read(["a"]), tally.read(["a", "b", "c"])]
        #expect(read == [.init(resources: 2, violating: 1), .init(resources: 3, violating: 2)])
        _ = tally.note(subject("a", "1"), isOutside: false)
        _ = tally.note(subject("b", "1"), isOutside: nil)
        _ = tally.note(subject("b", "1"), isOutside: nil)
        read = [tally.read(["a", "b"])]
        #expect(read == [.init(resources: 2, violating: 0)])
        #expect(tally.isEmpty(of: "b") && !tally.isEmpty(of: "a"))
    }

    @Test("are told once until somebody reads them")
    func news() {
        var tally = VerdictTally()
        var told = [
            tally.note(subject("a", "1"), isOutside: true), tally.note(subject("a", "1"), isOutside: true),
            tally.note(subject("a", "2"), isOutside: true), tally.note(subject("b", "1"), isOutside: true),
        ]
        #expect(told == [true, false, false, true])
        _ = tally.read(["a"])
        told = [
            tally.note(subject("a", "2"), isOutside: true), tally.note(subject("a", "2"), isOutside: nil),
            tally.note(subject("b", "2"), isOutside: false),
        ]
        #expect(told == [false, true, false])
    }
}
