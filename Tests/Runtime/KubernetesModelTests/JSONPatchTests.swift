import FoundationEssentials
import KubernetesModel
import Testing

@Suite("JSON patch")
struct JSONPatchTests {
    @Test("encodes each operation as RFC 6902 has it, in order")
    func encoding() throws {
        let patch = JSONPatch([
            .test(path: "/metadata/resourceVersion", value: "7"), .add(path: "/a", value: [1]),
            .replace(path: "/b", value: .null), .remove(path: "/c"),
        ])
        let text = String(decoding: try JSON.encode(patch), as: UTF8.self)
        #expect(
            text == #"[{"op":"test","path":"/metadata/resourceVersion","value":"7"},"#
                + #"{"op":"add","path":"/a","value":[1]},{"op":"replace","path":"/b","value":null},"#
                + #"{"op":"remove","path":"/c"}]"#)
    }

    @Test(
        "escapes member names in pointers",
        arguments: [
            (["metadata", "finalizers", "0"], "/metadata/finalizers/0"),
            (["a/b", "c~d"], "/a~1b/c~0d"), (["~1"], "/~01"), ([""], "/"),
        ])
    func pointer(tokens: [String], expected: String) {
        #expect(tokens.map { JSONPatch.pointer($0) }.joined() == expected)
        #expect(JSONPatch.pointer("metadata", "annotations", "lanyard.dev/x") == "/metadata/annotations/lanyard.dev~1x")
    }
}
