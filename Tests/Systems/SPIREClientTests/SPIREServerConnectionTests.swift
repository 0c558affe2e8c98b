import FoundationEssentials
import LanyardAPI
import SPIREClient
import SPIREEmulator
import Synchronization
import Testing

@Suite("SPIREServerConnection")
struct SPIREServerConnectionTests {
    /// The failure of a call that must fail.
    private func failure<Value>(
        at location: SourceLocation = #_sourceLocation, _ call: () async throws -> Value
    ) async throws -> SPIREError {
        try await #require(throws: SPIREError.self, sourceLocation: location) { _ = try await call() }
    }

    @Test("an entry is created, read, changed by mask and deleted; absence is nil, false and no error")
    func lifecycle() async throws {
        try await ServerFixture.with { server in
            try await server.serving {
                try await server.connected { connection in
                    try await connection.checkHealth()
                    var entry = try ServerFixture.entry("a", hint: "old")
                    #expect(try await connection.entry(id: "a") == nil)
                    guard case .created(let created) = try await connection.create(entry) else {
                        Issue.record("not created")
                        return
                    }
                    #expect(try await connection.entry(id: "a") == created)
                    entry.hint = "new"
                    entry.x509SVIDTTL = 60
                    #expect(try await connection.update(entry, fields: [.hint]))
                    let updated = try await connection.entry(id: "a")
                    #expect(updated?.hint == "new")
                    #expect(updated?.x509SVIDTTL == 0)
                    #expect(updated?.revisionNumber == 1)
                    #expect(try await !connection.update(ServerFixture.entry("b"), fields: [.hint]))
                    try await connection.delete(id: "a")
                    try await connection.delete(id: "a")
                    #expect(try await connection.entry(id: "a") == nil)
                }
            }
        }
    }

    @Test("a similar entry comes back, a taken ID does not, and flaws have their kinds of failure")
    func refusals() async throws {
        try await ServerFixture.with { server in
            try await server.serving {
                try await server.connected { connection in
                    try await connection.checkHealth()
                    var entry = try ServerFixture.entry("a", hint: "first")
                    _ = try await connection.create(entry)
                    entry.id = "second"
                    guard case .similarExists(let existing) = try await connection.create(entry) else {
                        Issue.record("no similar entry")
                        return
                    }
                    #expect(existing.id == "a")
                    entry = try ServerFixture.entry("b")
                    entry.id = "a"
                    #expect(try await connection.create(entry) == .idTaken)
                    entry.id = "c"
                    entry.federatesWith = ["nobody.test"]
                    var error = try await failure { [entry] in try await connection.create(entry) }
                    #expect(error.code == .federatedBundleMissing)
                    entry = try ServerFixture.entry("d")
                    entry.x509SVIDTTL = -1
                    error = try await failure { [entry] in try await connection.create(entry) }
                    #expect(error.code == .invalidArgument)
                    error = try await failure { try await connection.entry(id: "") }
                    #expect(error.code == .invalidArgument)
                    error = try await failure { try await connection.entries(matching: EntryFilter()) }
                    #expect(error.code == .invalidArgument)
                }
            }
        }
    }

    @Test("a listing has all pages, and asks for smaller ones when an answer is too large")
    func listing() async throws {
        try await ServerFixture.with { server in
            try await server.serving {
                var settings = SPIREServerConnection.Settings()
                settings.maxAnswerBytes = 10_000
                try await server.connected(settings: settings) { connection in
                    try await connection.checkHealth()
                    for index in 0..<20 {
                        let hint = String(repeating: "h", count: 1000)
                        _ = try await connection.create(ServerFixture.entry("e\(index)", hint: hint))
                    }
                    let filter = EntryFilter(parentID: try SPIFFEID("spiffe://example.org/spire/server"))
                    let found = try await connection.entries(matching: filter)
                    #expect(found.map(\.id) == (0..<20).map { "e\($0)" })
                    #expect(try await connection.allEntries() == found)
                    // 500, 250, 125, 62, 31 and 15 were too many for 10 000 bytes; 7 at a time end with an empty page.
                    let listings = try server.calls().filter { $0.method == "ListEntries" }
                    #expect(listings.prefix(10).map(\.items) == [20, 20, 20, 20, 20, 15, 7, 7, 6, 0])
                    let one = EntryFilter(
                        spiffeID: try SPIFFEID("spiffe://example.org/e3"),
                        selectors: [try #require(WorkloadSelector("k8s:ns:a"))])
                    #expect(try await connection.entries(matching: one).map(\.id) == ["e3"])
                }
            }
        }
    }

    @Test("an entry that does not parse makes a listing fail, never shorter")
    func malformedEntry() async throws {
        try await ServerFixture.with { server in
            try await server.serving {
                server.state.withDatastore { store in
                    // The server takes the empty selector type of an old row; the operator does not.
                    store.insert(
                        StoredEntry(
                            id: "x", spiffeID: "spiffe://example.org/x", parentID: "spiffe://example.org/p",
                            selectors: [.init(type: "", value: "v")]))
                }
                try await server.connected { connection in
                    let filter = EntryFilter(spiffeID: try SPIFFEID("spiffe://example.org/x"))
                    #expect(
                        try await failure { try await connection.entries(matching: filter) }.code == .malformedAnswer)
                    #expect(try await failure { try await connection.entry(id: "x") }.code == .malformedAnswer)
                }
            }
        }
    }

    @Test("agents are read one by one and by selectors")
    func agents() async throws {
        try await ServerFixture.with { server in
            try await server.serving {
                try await server.connected { connection in
                    let found = try await connection.agents(withSelectors: [
                        try #require(WorkloadSelector("t:cluster:c"))
                    ])
                    #expect(found.map(\.isBanned) == [false, false, true])
                    let id = try SPIFFEID("spiffe://example.org/spire/agent/t/2")
                    #expect(try await connection.agent(id: id)?.selectors.map(\.value) == ["cluster:c", "node:2"])
                    #expect(try await connection.agent(id: SPIFFEID("spiffe://example.org/spire/agent/t/4")) == nil)
                }
            }
        }
    }

    @Test("nothing is sent while the fence is closed", arguments: [nil, Duration.zero])
    func fenced(_ remaining: Duration?) async throws {
        try await ServerFixture.with { server in
            try await server.serving {
                try await server.connected(fence: { remaining }) { connection in
                    try await connection.checkHealth()
                    let entry = try ServerFixture.entry("a")
                    #expect(try await failure { try await connection.create(entry) }.code == .fenced)
                    #expect(try await failure { try await connection.update(entry, fields: [.hint]) }.code == .fenced)
                    #expect(try await failure { try await connection.delete(id: "a") }.code == .fenced)
                }
                #expect(try server.calls().isEmpty)
            }
        }
    }

    @Test("a fence that closes while writes wait for their turn stops them")
    func fenceCloses() async throws {
        try await ServerFixture.with { server in
            try await server.serving {
                let asked = Mutex(0)
                // Open when the write is taken, closed when it is its turn.
                let fence: SPIREServerConnection.Fence = {
                    asked.withLock { asked in
                        asked += 1
                        return asked == 1 ? .seconds(60) : nil
                    }
                }
                try await server.connected(fence: fence) { connection in
                    try await connection.checkHealth()
                    #expect(try await failure { try await connection.delete(id: "a") }.code == .fenced)
                }
                #expect(try server.calls().isEmpty)
            }
        }
    }

    @Test("many writes at once share few calls, and one that is refused does not harm the others")
    func batching() async throws {
        try await ServerFixture.with { server in
            try await server.serving {
                try await server.connected { connection in
                    try await connection.checkHealth()
                    let outcomes = await withTaskGroup(of: (Int, Bool).self) { group in
                        for index in 0..<500 {
                            group.addTask {
                                guard var entry = try? ServerFixture.entry("e\(index)") else { return (index, false) }
                                if index % 50 == 7 { entry.jwtSVIDTTL = -1 }
                                guard case .created(let created) = try? await connection.create(entry) else {
                                    return (index, false)
                                }
                                return (index, created.id == entry.id)
                            }
                        }
                        return await group.reduce(into: [Int: Bool]()) { $0[$1.0] = $1.1 }
                    }
                    #expect(outcomes.count == 500)
                    #expect(outcomes.filter { !$0.value }.keys.sorted() == (0..<10).map { $0 * 50 + 7 })
                }
                let calls = try server.calls()
                #expect(calls.allSatisfy { $0.method == "BatchCreateEntry" && $0.items <= 200 })
                #expect(calls.map(\.items).reduce(0, +) == 500)
                #expect(calls.count < 100)
            }
        }
    }

    @Test("updates with different masks do not share a call")
    func masks() async throws {
        try await ServerFixture.with { server in
            try await server.serving {
                try await server.connected { connection in
                    try await connection.checkHealth()
                    for index in 0..<40 { _ = try await connection.create(ServerFixture.entry("e\(index)")) }
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for index in 0..<40 {
                            group.addTask {
                                var entry = try ServerFixture.entry("e\(index)", hint: "new")
                                entry.x509SVIDTTL = 60
                                let fields: Set<EntryField> = index.isMultiple(of: 2) ? [.hint] : [.x509SVIDTTL]
                                #expect(try await connection.update(entry, fields: fields))
                            }
                        }
                        try await group.waitForAll()
                    }
                    for entry in try await connection.allEntries() {
                        let isEven = Int(entry.id.dropFirst())?.isMultiple(of: 2) == true
                        #expect(entry.hint == (isEven ? "new" : ""))
                        #expect(entry.x509SVIDTTL == (isEven ? 0 : 60))
                        #expect(entry.revisionNumber == 1)
                    }
                }
            }
        }
    }
}
