import FoundationEssentials
import KubernetesModel
import Testing

@Suite("RecurringStrings")
struct RecurringStringsTests {
    private func string(_ text: String, in table: inout RecurringStrings) -> String? {
        Array(text.utf8).withUnsafeBufferPointer { table.string($0) }
    }

    /// Where the characters of a string are.
    private func memory(of text: String) -> UnsafePointer<UInt8>? {
        text.utf8.withContiguousStorageIfAvailable(\.baseAddress) ?? nil
    }

    @Test("the same string is in memory once, another one has its own")
    func sharing() throws {
        var table = RecurringStrings()
        let first = try #require(string("2026-01-02T03:04:05Z", in: &table))
        let other = try #require(string("2026-01-02T03:04:06Z", in: &table))
        let second = try #require(string("2026-01-02T03:04:05Z", in: &table))
        #expect(first == "2026-01-02T03:04:05Z" && second == first)
        #expect(other == "2026-01-02T03:04:06Z")
        #expect(memory(of: first) == memory(of: second))
        #expect(memory(of: first) != memory(of: other))
    }

    @Test("strings that share a place in the table stay what they are")
    func collisions() {
        var table = RecurringStrings()
        // They differ only where the place is not computed from.
        let texts = (0..<5000).map { number in
            String(repeating: "a", count: 24) + String(number + 10_000) + String(repeating: "z", count: 60)
        }
        #expect(texts.map { string($0, in: &table) } == texts)
        #expect(texts.reversed().map { string($0, in: &table) } == texts.reversed())
    }

    @Test("only lengths that are worth it are kept", arguments: [0, 1, 15, 16, 17, 255, 256, 257])
    func lengths(_ count: Int) {
        var table = RecurringStrings()
        let text = String(repeating: "x", count: count)
        #expect(string(text, in: &table) == ((16...256).contains(count) ? text : nil))
    }

    @Test("objects share what recurs in them; those that are read by themselves, or have secrets, do not")
    func objects() throws {
        func name<Object: KubernetesResource>(_ type: Object.Type) throws -> String {
            try Object(reading: Data(#"{"metadata":{"name":"a-name-of-many-letters"}}"#.utf8)).metadata.name
        }
        #expect(!ObjectProjection.whole.sharesStrings)
        let secrets = try (0..<2).map { _ in try name(Secretive.self) }
        #expect(secrets[0] == secrets[1] && memory(of: secrets[0]) != memory(of: secrets[1]))
        // Somebody else may have the table at the moment.
        let isShared = try (0..<10_000).contains { _ in
            let names = try (0..<2).map { _ in try name(PartialObjectMetadata<Sharing>.self) }
            return names[0] == names[1] && memory(of: names[0]) == memory(of: names[1])
        }
        #expect(isShared)
    }

    @Test("many are read at a time")
    func concurrency() async throws {
        let data = Data(#"{"metadata":{"name":"a-name-of-many-letters","labels":{"a":"another-long-string"}}}"#.utf8)
        let objects = try await withThrowingTaskGroup(of: PartialObjectMetadata<Sharing>.self) { group in
            for _ in 0..<64 { group.addTask { try PartialObjectMetadata<Sharing>(reading: data) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let expected = ObjectMeta(name: "a-name-of-many-letters", labels: ["a": "another-long-string"])
        #expect(objects.count == 64 && objects.allSatisfy { $0.metadata == expected })
    }

    private struct Secretive: KubernetesResource {
        static let descriptor = ResourceDescriptor(
            group: "", version: "v1", kind: "Secret", plural: "secrets", isNamespaced: true)
        var metadata: ObjectMeta
    }

    private enum Sharing: ResourceKind {
        static let descriptor = ResourceDescriptor(
            group: "", version: "v1", kind: "ServiceAccount", plural: "serviceaccounts", isNamespaced: true)
    }
}
