import LanyardAPI
import SPIREClient
import SPIREEmulator
import Testing

@Suite("Listings, counts and bundles")
struct EntryListingTests {
    @Test("a page says what asks for the next one, and lists what does not parse instead of failing or leaving it out")
    func pages() async throws {
        try await ServerFixture.with { server in
            try await server.serving {
                server.state.withDatastore { store in
                    for name in ["a", "b", "c"] {
                        store.insert(
                            StoredEntry(
                                id: name, spiffeID: "spiffe://example.org/\(name)",
                                parentID: "spiffe://example.org/p", selectors: [.init(type: "t", value: name)]))
                    }
                    // An ID of this length is fine for the server alone.
                    store.insert(
                        StoredEntry(
                            id: "d", spiffeID: "spiffe://example.org/" + String(repeating: "d", count: 2048),
                            parentID: "spiffe://example.org/p", selectors: [.init(type: "t", value: "d")]))
                }
                try await server.connected { connection in
                    try await connection.checkHealth()
                    var pages: [[ListedEntry]] = []
                    var request: EntryPageRequest? = EntryPageRequest(.entries, size: 3)
                    while let current = request {
                        let page = try await connection.entryPage(current)
                        pages.append(page.items)
                        request = page.next
                    }
                    #expect(pages.map { $0.map(\.id) } == [["a", "b", "c"], ["d"], []])
                    #expect(pages.last(where: { !$0.isEmpty })?.first?.content == .unreadable)
                    guard case .entry(let first)? = pages.first?.first?.content else {
                        Issue.record("no entry")
                        return
                    }
                    #expect(first == (try await connection.entry(id: "a")))
                    #expect(try await connection.entryCount() == 4)
                }
            }
        }
    }

    @Test("a listing of revisions has nothing else, and a filter holds for all pages")
    func revisions() async throws {
        try await ServerFixture.with { server in
            try await server.serving {
                try await server.connected { connection in
                    try await connection.checkHealth()
                    let entry = try ServerFixture.entry("a")
                    _ = try await connection.create(entry)
                    _ = try await connection.update(entry, fields: [.hint])
                    _ = try await connection.create(ServerFixture.entry("b"))
                    let filter = EntryFilter(spiffeID: entry.spiffeID)
                    let page = try await connection.entryPage(.init(.revisions, matching: filter, size: 1))
                    let item = try #require(page.items.first)
                    #expect(page.items.count == 1)
                    #expect((item.id, item.revisionNumber, item.content) == ("a", 1, .revision))
                    #expect(item.createdAt > 0)
                    let last = try await connection.entryPage(#require(page.next))
                    #expect(last == EntryPage(items: [], next: nil))
                }
            }
        }
    }

    @Test("a page that is too large is halved, and so are those after it")
    func halving() async throws {
        try await ServerFixture.with { server in
            try await server.serving {
                var settings = SPIREServerConnection.Settings()
                settings.maxAnswerBytes = 10_000
                try await server.connected(settings: settings) { connection in
                    try await connection.checkHealth()
                    let entries = try (0..<20).map {
                        try ServerFixture.entry("e\($0)", hint: String(repeating: "h", count: 1000))
                    }
                    // The answers to 20, 10 and 5 creations: the first two are too large as well.
                    for result in await connection.create(entries) {
                        switch try result.get() {
                        case .created, .similarExists: break
                        case .idTaken: Issue.record("not created")
                        }
                    }
                    let page = try await connection.entryPage(.init(.entries, size: 16))
                    #expect(Set(page.items.map(\.id)).count == 8)
                    #expect(page.next?.position.size == 8)
                    #expect(try await connection.entryPage(.init(.revisions, size: 16)).items.count == 16)
                }
            }
        }
    }

    @Test("several entries are read, created, changed and deleted with a result for each, in order")
    func several() async throws {
        try await ServerFixture.with { server in
            try await server.serving {
                try await server.connected { connection in
                    try await connection.checkHealth()
                    var entries = try (0..<30).map { try ServerFixture.entry("e\($0)") }
                    entries[7].x509SVIDTTL = -1
                    let created = await connection.create(entries)
                    #expect(created.map { (try? $0.get()) != nil } == (0..<30).map { $0 != 7 })
                    let found = await connection.entries(ids: entries.map(\.id))
                    for (index, result) in found.enumerated() {
                        #expect(try result.get()?.id == (index == 7 ? nil : "e\(index)"))
                    }
                    let updates = entries.map { EntryUpdate($0, fields: [.hint]) }
                    #expect(try await connection.update(updates).map { try $0.get() } == (0..<30).map { $0 != 7 })
                    for result in await connection.delete(ids: entries.map(\.id)) { try result.get() }
                    #expect(try await connection.entryCount() == 0)
                    #expect(await connection.create([]).isEmpty)
                }
            }
        }
    }

    @Test("the own bundle says what the trust domain is, and other bundles are listed by name over all pages")
    func bundles() async throws {
        try await ServerFixture.with { server in
            try await server.serving {
                let names = Set((0..<5).map { "td\($0).test" })
                server.state.withDatastore { $0.federatedBundles = names }
                var settings = SPIREServerConnection.Settings()
                settings.pageSize = 1
                try await server.connected(settings: settings) { connection in
                    try await connection.checkHealth()
                    let bundle = try await connection.bundle()
                    #expect(bundle.trustDomain.name == "example.org")
                    #expect(bundle.sequenceNumber == 1)
                    #expect(bundle.refreshHint == 300)
                    #expect(try await connection.federatedTrustDomains() == names)
                }
                // The own bundle takes the first page, and the last one is empty.
                #expect(
                    try server.calls().filter { $0.method == "ListFederatedBundles" }.map(\.items)
                        == [0, 1, 1, 1, 1, 1, 0])
            }
        }
    }

    @Test("without selectors all agents are listed")
    func allAgents() async throws {
        try await ServerFixture.with { server in
            try await server.serving {
                try await server.connected { connection in
                    try await connection.checkHealth()
                    #expect(try await connection.agents(withSelectors: []).count == 3)
                }
            }
        }
    }
}
