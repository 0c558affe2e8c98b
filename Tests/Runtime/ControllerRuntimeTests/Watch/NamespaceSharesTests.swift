import FoundationEssentials
import KubernetesModel
import Testing

@testable import ControllerRuntime

@Suite("Shares of namespaces")
struct NamespaceSharesTests {
    private func key(_ namespace: String, _ name: String) -> ObjectKey { ObjectKey(namespace: namespace, name: name) }

    private func admits(_ shares: NamespaceShares, _ key: ObjectKey, _ size: Int) -> Bool {
        shares.admits(key, ObjectSize(held: size, sent: size))
    }

    @Test("what the API server sends of a large object is known, whether it is held whole, in part or hardly at all")
    func sent() {
        let shares = NamespaceShares(limit: 100)
        for (name, held) in [("whole", 90), ("refused", 90), ("bare", 0)] {
            _ = shares.admits(key("a", name), ObjectSize(held: held, sent: 100_000))
            #expect(shares.size(of: key("a", name)) == 100_000)
        }
        _ = shares.admits(key("a", "whole"), ObjectSize(held: 0, sent: 1_000))
        #expect(shares.size(of: key("a", "whole")) == 0)
        shares.remove(key("a", "bare"))
        #expect(shares.size(of: key("a", "bare")) == 0)
        shares.keep(only: [])
        #expect(shares.size(of: key("a", "refused")) == 0)
    }

    @Test("whoever comes first has room, and no namespace takes another's")
    func limit() {
        let shares = NamespaceShares(limit: 100)
        #expect(admits(shares, key("a", "1"), 60))
        #expect(!admits(shares, key("a", "2"), 60))
        #expect(admits(shares, key("a", "3"), 40))
        #expect(admits(shares, key("b", "1"), 100))
        #expect(!admits(shares, key("b", "2"), 1))
        // Whoever was refused takes none.
        #expect(admits(shares, key("a", "1"), 60))
    }

    @Test("an object counts once, with its last size, until it is gone")
    func sizes() {
        let shares = NamespaceShares(limit: 100)
        #expect(admits(shares, key("a", "1"), 90))
        #expect(admits(shares, key("a", "1"), 80))
        #expect(!admits(shares, key("a", "1"), 101))
        #expect(admits(shares, key("a", "2"), 100))
        shares.remove(key("a", "2"))
        shares.remove(key("a", "2"))
        #expect(admits(shares, key("a", "1"), 100))
        shares.keep(only: [key("b", "1")])
        #expect(admits(shares, key("a", "3"), 100))
    }

    @Test("an object that has become small leaves its share to others")
    func shrinking() throws {
        let shares = NamespaceShares(limit: 8_000)
        func read(_ name: String, _ length: Int) throws -> Set<Omission> {
            let note = String(repeating: "x", count: length)
            let text = #"{"metadata":{"name":"\#(name)","namespace":"a"},"spec":{"size":1,"note":"\#(note)"}}"#
            let decoded = try DecodedObject<Free>(reading: Data(text.utf8)) { shares.admits($0, $1) }
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
        #expect(admits(shares, key("a", "1"), .max))
        #expect(admits(shares, key("a", "2"), .max))
    }
}
