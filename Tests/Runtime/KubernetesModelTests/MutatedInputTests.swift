import FoundationEssentials
import KubernetesModel
import KubernetesTesting
import Testing

/// Decoders of what a server sends, fed many spoilt inputs each. A trap would end the whole run.
@Suite("Mutated input")
struct MutatedInputTests {
    private static let shards = 10

    /// How many times as many inputs: more for long runs, less where they were all tried in another build.
    private static let factor =
        ProcessInfo.processInfo.environment["LANYARD_FUZZ_FACTOR"].flatMap(Double.init).map { max($0, 0.01) } ?? 1

    /// Decodes a tenth of so many mutated inputs. Some have to be understood, or the mutations do not reach what lies
    /// behind the syntax, and some not.
    private func feed(
        _ corpus: [String], inputs: Int, shard: Int, sourceLocation: SourceLocation = #_sourceLocation,
        _ understands: (Data) -> Bool
    ) async {
        var mutator = ByteMutator(corpus: corpus.map { Data($0.utf8) }, seed: UInt64(shard))
        let count = Int(Double(inputs / Self.shards) * Self.factor)
        var understood = 0
        for index in 0..<count {
            understood += understands(mutator.next()) ? 1 : 0
            // Other tests wait for their turn.
            if index.isMultiple(of: 50) { await Task.yield() }
        }
        let share = Double(understood) / Double(count)
        #expect(share > 0.02 && share < 0.9, sourceLocation: sourceLocation)
    }

    private static let metadata =
        #""metadata":{"name":"a","namespace":"n","uid":"u","resourceVersion":"7","generation":3,"labels":{"x":"y"},"#
        + #""ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"p","uid":"q"}],"finalizers":["f"]}"#

    private static let watchLines = [
        #"{"type":"ADDED","object":{\#(metadata),"spec":{"size":1,"tags":["a"],"shape":"round"}}}"#,
        #"{"type":"MODIFIED","object":{\#(metadata),"spec":{"size":2}}}"#,
        #"{"type":"DELETED","object":{\#(metadata),"spec":{"size":-1,"tags":null}}}"#,
        #"{"type":"BOOKMARK","object":{"kind":"Widget","metadata":{"resourceVersion":"9","annotations":{"#
            + #""k8s.io/initial-events-end":"true"}}}}"#,
        #"{"type":"ERROR","object":\#(status)}"#,
    ]

    private static let status =
        #"{"kind":"Status","status":"Failure","code":429,"reason":"TooManyRequests","message":"slow down","details":{"#
        + #""name":"a","kind":"widgets","retryAfterSeconds":5,"causes":[{"reason":"r","message":"m","field":"f"}]}}"#

    private static let lists = [
        #"{"metadata":{"resourceVersion":"8","continue":"t"},"items":[{\#(metadata),"spec":{"size":1}},{\#(metadata)}]}"#,
        #"{"metadata":{"resourceVersion":"8"},"items":null}"#,
    ]

    @Test("the watch decoder traps on nothing", arguments: 0..<shards)
    func watchEvents(shard: Int) async {
        await feed(Self.watchLines, inputs: 100_000, shard: shard) { line in
            guard let event = try? WatchEvent<Widget>(reading: line) else { return false }
            // What was decoded can be compared and shown, too.
            return event == event && !"\(event)".isEmpty
        }
    }

    @Test("the list decoder traps on nothing, and sets single objects apart", arguments: 0..<shards)
    func lists(shard: Int) async {
        await feed(Self.lists, inputs: 50_000, shard: shard) { page in
            var splitter = ListSplitter()
            // In pieces, as it arrives.
            let middle = page.startIndex + page.count / 3
            guard let first = try? splitter.take(page[..<middle]), let rest = try? splitter.take(page[middle...]),
                (try? splitter.finish()) != nil
            else { return false }
            return (first + rest).allSatisfy { (try? DecodedObject<Widget>(reading: $0)) != nil }
        }
    }

    @Test("the decoder of errors traps on nothing, and what it yields can be encoded again", arguments: 0..<shards)
    func statuses(shard: Int) async {
        await feed([Self.status], inputs: 100_000, shard: shard) { body in
            guard let status = try? JSON.decode(APIStatus.self, from: body) else { return false }
            let again = try? JSON.decode(APIStatus.self, from: JSON.encode(status))
            #expect(again == status)
            return true
        }
    }

    @Test(
        "the parser of JSON of unknown shape traps on nothing; encoding and parsing keep a value", arguments: 0..<shards
    )
    func trees(shard: Int) async {
        await feed(Self.watchLines + Self.lists, inputs: 50_000, shard: shard) { text in
            guard let tree = try? JSONValue(parsing: text) else { return false }
            #expect((try? JSONValue(parsing: JSON.encode(tree))) == tree)
            return true
        }
    }
}
