import LanyardAPI
import SPIREEmulator
import Testing

@Suite("Authorised entries")
struct AuthorizedEntriesTests {
    private static let agent = "spiffe://example.org/spire/agent/a"
    private static let server = "spiffe://example.org/spire/server"

    private func store(_ entries: [(id: String, parent: String, selectors: [String])]) throws -> EntryDatastore {
        var store = EntryDatastore(trustDomain: try #require(TrustDomain("example.org"))) { "id" }
        for entry in entries {
            store.insert(
                StoredEntry(
                    id: entry.id, spiffeID: "spiffe://example.org/\(entry.id)", parentID: entry.parent,
                    selectors: entry.selectors.map { .init(type: "t", value: $0) }))
        }
        return store
    }

    @Test("an agent that is not attested, or expired, has its children but no aliases")
    func unattested() throws {
        let store = try store([
            ("direct", Self.agent, ["x"]), ("alias", Self.server, ["a"]),
            ("aliased", "spiffe://example.org/alias", ["x"]), ("below", "spiffe://example.org/direct", ["x"]),
        ])
        let own = [StoredEntry.Selector(type: "t", value: "a")]
        #expect(store.authorizedEntries(agentID: Self.agent, selectors: nil).map(\.id) == ["direct", "below"])
        #expect(
            store.authorizedEntries(agentID: Self.agent, selectors: own).map(\.id) == ["direct", "aliased", "below"])
        #expect(store.authorizedEntries(agentID: "spiffe://example.org/spire/agent/b", selectors: nil).isEmpty)
    }

    @Test("entries that are parents of each other do not go round in circles")
    func circle() throws {
        let store = try store([
            ("a", Self.agent, ["x"]), ("b", "spiffe://example.org/c", ["x"]), ("c", "spiffe://example.org/b", ["x"]),
            ("self", "spiffe://example.org/self", ["x"]), ("d", "spiffe://example.org/a", ["x"]),
            ("a2", "spiffe://example.org/d", ["x"]),
        ])
        #expect(store.authorizedEntries(agentID: Self.agent, selectors: nil).map(\.id) == ["a", "d", "a2"])
    }

    @Test("an entry that is parented to the server is an alias, and is never served itself")
    func aliasOfWorkloads() throws {
        let store = try store([("mistake", Self.server, ["ns:a"])])
        #expect(store.authorizedEntries(agentID: Self.server, selectors: []).isEmpty)
    }
}
