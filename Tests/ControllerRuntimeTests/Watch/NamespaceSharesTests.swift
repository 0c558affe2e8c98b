import FoundationEssentials
import KubernetesModel
import Testing

@testable import ControllerRuntime

@Suite("Shares of namespaces")
struct NamespaceSharesTests {
    private func key(_ namespace: String, _ name: String) -> ObjectKey { ObjectKey(namespace: namespace, name: name) }

    @Test("whoever comes first has room, and no namespace takes another's")
    func limit() {
        let shares = NamespaceShares(limit: 100)
        #expect(shares.admits(key("a", "1"), size: 60))
        #expect(!shares.admits(key("a", "2"), size: 60))
        #expect(shares.admits(key("a", "3"), size: 40))
        #expect(shares.admits(key("b", "1"), size: 100))
        #expect(!shares.admits(key("b", "2"), size: 1))
        // Whoever was refused takes none.
        #expect(shares.admits(key("a", "1"), size: 60))
    }

    @Test("an object counts once, with its last size, until it is gone")
    func sizes() {
        let shares = NamespaceShares(limit: 100)
        #expect(shares.admits(key("a", "1"), size: 90))
        #expect(shares.admits(key("a", "1"), size: 80))
        #expect(!shares.admits(key("a", "1"), size: 101))
        #expect(shares.admits(key("a", "2"), size: 100))
        shares.remove(key("a", "2"))
        shares.remove(key("a", "2"))
        #expect(shares.admits(key("a", "1"), size: 100))
        shares.keep(only: [key("b", "1")])
        #expect(shares.admits(key("a", "3"), size: 100))
    }

    @Test("an object that has become small leaves its share to others")
    func shrinking() throws {
        let shares = NamespaceShares(limit: 8_000)
        func read(_ name: String, _ length: Int) throws -> Set<Omission> {
            let note = String(repeating: "x", count: length)
            let text = #"{"metadata":{"name":"\#(name)","namespace":"a"},"spec":{"size":1,"note":"\#(note)"}}"#
            let decoded = try DecodedObject<Free>(reading: Data(text.utf8)) { shares.admits($0, size: $1) }
            guard case .object(let object) = decoded else { return [] }
            return object.metadata.leftOut
        }
        #expect(try read("1", 6_000) == [])
        #expect(try read("2", 6_000) == [.namespaceShare])
        #expect(try read("1", 10) == [])
        #expect(try read("2", 6_000) == [])
    }

    private struct Free: KubernetesResource {
        static let descriptor = ResourceDescriptor(
            group: "testing.lanyard.dev", version: "v1", kind: "Free", plural: "frees", isNamespaced: true)
        var metadata: ObjectMeta
    }

    @Test("without a limit there is room for everything")
    func none() {
        let shares = NamespaceShares(limit: .max)
        #expect(shares.admits(key("a", "1"), size: .max))
        #expect(shares.admits(key("a", "2"), size: .max))
    }
}
