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

    @Test("without a limit there is room for everything")
    func none() {
        let shares = NamespaceShares(limit: .max)
        #expect(shares.admits(key("a", "1"), size: .max))
        #expect(shares.admits(key("a", "2"), size: .max))
    }
}
