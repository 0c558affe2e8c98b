import KubernetesModel
import Testing

@Suite("JSON merge patch")
struct JSONMergePatchTests {
    private static let rows: [(old: JSONValue, new: JSONValue, patch: JSONValue)] = [
        (["a": 1], ["a": 1], [:]),
        ([:], ["a": 1, "b": ["c": 2]], ["a": 1, "b": ["c": 2]]),
        (["a": 1, "b": 2], ["b": 2], ["a": .null]),
        (["a": 1], ["a": "x"], ["a": "x"]),
        (["a": ["b": 1, "c": 2]], ["a": ["b": 1, "d": 3]], ["a": ["c": .null, "d": 3]]),
        (["a": [1, 2]], ["a": [2]], ["a": [2]]),
        (["a": 1], ["a": ["b": 2]], ["a": ["b": 2]]),
        (["a": ["b": 2]], ["a": 1], ["a": 1]),
        (["a": ["b": 2]], ["a": [:]], ["a": ["b": .null]]),
    ]

    @Test("says what goes and what is other, and nothing of what stays", arguments: rows.indices)
    func table(index: Int) {
        let row = Self.rows[index]
        #expect(JSONValue.mergePatch(from: row.old, to: row.new) == row.patch)
    }
}
