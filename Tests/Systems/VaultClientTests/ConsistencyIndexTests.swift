import FoundationEssentials
import Testing

@testable import VaultClient

@Suite("ConsistencyIndex")
struct ConsistencyIndexTests {
    private static func header(_ cluster: String, _ value: String) -> String {
        Data(#"{"cluster":"\#(cluster)","value":"\#(value)"}"#.utf8).base64EncodedString()
    }

    @Test("the newest state wins, whatever the order of the answers")
    func newest() {
        var index = ConsistencyIndex()
        #expect(index.header == nil)
        index.written(Self.header("a", "31"))
        index.written(Self.header("a", "100"))
        index.written(Self.header("a", "99"))
        #expect(index.header == Self.header("a", "100"))
    }

    @Test("another cluster's state replaces the old one")
    func otherCluster() {
        var index = ConsistencyIndex()
        index.written(Self.header("a", "100"))
        index.written(Self.header("b", "1"))
        #expect(index.header == Self.header("b", "1"))
    }

    @Test("a form that cannot be compared is carried as it is")
    func opaque() {
        var index = ConsistencyIndex()
        index.written("djE6b3BhcXVl")
        #expect(index.header == "djE6b3BhcXVl")
        index.written(Self.header("a", "1"))
        #expect(index.header == Self.header("a", "1"))
    }

    @Test("a state that no node reaches is forgotten, but not a newer one")
    func unreachable() {
        var index = ConsistencyIndex()
        index.written(Self.header("a", "5"))
        index.unreachable(Self.header("a", "4"))
        #expect(index.header == Self.header("a", "5"))
        index.unreachable(Self.header("a", "5"))
        #expect(index.header == nil)
        index.written(Self.header("a", "2"))
        #expect(index.header == Self.header("a", "2"))
    }
}
