import FoundationEssentials
import KubernetesTesting
import Testing

@Suite("ByteMutator")
struct ByteMutatorTests {
    private let corpus = [Data(#"{"name":"a"}"#.utf8), Data("[1,2,3]".utf8)]

    @Test("equal seeds give equal inputs, other seeds others")
    func reproducible() {
        func inputs(_ seed: UInt64) -> [Data] {
            var mutator = ByteMutator(corpus: corpus, seed: seed)
            return (0..<100).map { _ in mutator.next() }
        }
        #expect(inputs(1) == inputs(1))
        #expect(inputs(1) != inputs(2))
    }

    @Test("inputs differ from the samples and from each other, and some are shorter and some longer")
    func variety() {
        var mutator = ByteMutator(corpus: corpus, seed: 3)
        let inputs = (0..<1_000).map { _ in mutator.next() }
        #expect(Set(inputs).count > 800)
        #expect(inputs.contains { $0.count < 7 })
        #expect(inputs.contains { $0.count > 1_000 })
        #expect(inputs.filter { !corpus.contains($0) }.count > 900)
    }

    @Test("without samples there is nothing to spoil")
    func empty() {
        var mutator = ByteMutator(corpus: [], seed: 1)
        #expect(mutator.next().isEmpty)
    }
}
