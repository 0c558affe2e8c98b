import FoundationEssentials
import KubernetesModel
import Testing

@Suite("ObjectList")
struct ObjectListTests {
    @Test("takes null and absent items as none", arguments: [#","items":null"#, ""])
    func noItems(items: String) throws {
        let text = #"{"metadata":{"resourceVersion":"3"}\#(items)}"#
        let list = try JSON.decode(ObjectList<Widget>.self, from: Data(text.utf8))
        #expect(list.items.isEmpty)
        #expect(list.metadata.resourceVersion == ResourceVersion("3"))
    }
}
