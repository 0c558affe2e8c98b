import FoundationEssentials
import KubernetesModel
import Testing

@Suite("A list that is read as it arrives")
struct ListSplitterTests {
    private static let list =
        #"{"kind":"List", "items" :[ {"a":"]},{","metadata":{"items":[{}]}} , {"b":"\"]\\"},{}],"#
        + #""metadata":{"resourceVersion":"7","continue":"items"}}"#

    private static let objects = [#"{"a":"]},{","metadata":{"items":[{}]}}"#, #"{"b":"\"]\\"}"#, "{}"]

    @Test("is the same wherever it is cut")
    func cuts() throws {
        let bytes = Data(Self.list.utf8)
        for size in 1...bytes.count {
            var splitter = ListSplitter()
            var found: [String] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                let chunk = bytes[start..<min(start + size, bytes.count)]
                found += try splitter.take(chunk).map { String(decoding: $0, as: UTF8.self) }
            }
            #expect(found == Self.objects, "in pieces of \(size)")
            #expect(try splitter.finish() == ListMeta(resourceVersion: ResourceVersion("7"), continue: "items"))
        }
    }

    @Test("may have no items", arguments: [#","items":null"#, #","items":[]"#, ""])
    func noItems(items: String) throws {
        var splitter = ListSplitter()
        let found = try splitter.take(Data(#"{"metadata":{"resourceVersion":"3"}\#(items)}"#.utf8))
        #expect(found.isEmpty)
        #expect(try splitter.finish().resourceVersion == ResourceVersion("3"))
    }

    @Test(
        "is refused when it is none, or not whole",
        arguments: [
            "", "{", "[]", #"{"items":[1],"metadata":{}}"#, #"{"items":["a"],"metadata":{}}"#, #"{"items":[{}}"#,
            #"{"items":[[]],"metadata":{}}"#, #"{"metadata":{},"items":[{}"#, #"{"items":[]}"#, "}",
            #"{"metadata":{}}}"#,
            #"{"metadata":{},"items":{}}"#,
        ])
    func refused(text: String) {
        #expect(throws: (any Error).self) {
            var splitter = ListSplitter()
            _ = try splitter.take(Data(text.utf8))
            _ = try splitter.finish()
        }
    }

    @Test("has no object and no rest without end")
    func limits() {
        var objects = ListSplitter()
        let chunk = Data(repeating: UInt8(ascii: "x"), count: 1024 * 1024)
        #expect(throws: ListSplitter.Malformed.self) {
            _ = try objects.take(Data(#"{"items":[{"a":""#.utf8))
            for _ in 0..<9 { _ = try objects.take(chunk) }
        }
        var frame = ListSplitter()
        #expect(throws: ListSplitter.Malformed.self) {
            _ = try frame.take(Data(#"{"a":""#.utf8))
            for _ in 0..<2 { _ = try frame.take(chunk) }
        }
    }
}
