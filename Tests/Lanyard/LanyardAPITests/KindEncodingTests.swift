import KubernetesModel
import Testing

@Suite("What is sent of kinds")
struct KindEncodingTests {
    @Test("is what Foundation's encoder makes of every field", arguments: PublishedKind.all)
    func fields(kind: PublishedKind) throws {
        #expect(try kind.populated() == JSONValue(parsing: kind.text()))
    }
}
