import FoundationEssentials
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import LanyardAPI
import SPIREClient
import SPIREEmulator
import Testing

/// A server that the contract is checked on: the emulator behind its socket, or the server that `SPIRE_SERVER_SOCKET`
/// names. Everything is made under a path of its own, so that a server in use can be checked.
struct ContractServer: Sendable {
    typealias Transport = HTTP2ClientTransport.Posix

    let trustDomain: String
    /// First segment of the paths and prefix of the IDs of everything that a test makes.
    let scope: String
    let entries: Spire_Api_Server_Entry_V1_Entry.Client<Transport>
    let agents: Spire_Api_Server_Agent_V1_Agent.Client<Transport>
    let bundle: Spire_Api_Server_Bundle_V1_Bundle.Client<Transport>
    let health: Grpc_Health_V1_Health.Client<Transport>
    /// The inside of the emulator; nil for a real server.
    let state: EmulatorState?

    static let realSocket = ProcessInfo.processInfo.environment["SPIRE_SERVER_SOCKET"].flatMap { path in
        path.isEmpty ? nil : path.hasPrefix("unix://") ? String(path.dropFirst(7)) : path
    }
    static var isEmulated: Bool { realSocket == nil }

    static func with(
        agents: [AgentSeed] = [], _ body: @escaping @Sendable (ContractServer) async throws -> Void
    ) async throws {
        if let realSocket {
            try await connected(socket: realSocket, state: nil) { server in
                let failure = await result { try await body(server) }
                try await server.cleanUp()
                try failure.get()
            }
            return
        }
        try await EmulatorFixture.with(agents: agents) { fixture in
            try await fixture.serving {
                try await connected(socket: fixture.socket, state: fixture.state, body)
            }
        }
    }

    private static func connected(
        socket: String, state: EmulatorState?, _ body: @escaping @Sendable (ContractServer) async throws -> Void
    ) async throws {
        try await withGRPCClient(
            transport: .http2NIOPosix(
                target: .unixDomainSocket(path: socket, authority: "localhost"), transportSecurity: .plaintext)
        ) { client in
            let bundle = Spire_Api_Server_Bundle_V1_Bundle.Client(wrapping: client)
            let server = ContractServer(
                trustDomain: try await bundle.getBundle(.init()).trustDomain,
                scope: "contract-\(UUID().uuidString.lowercased().prefix(8))", entries: .init(wrapping: client),
                agents: .init(wrapping: client), bundle: bundle, health: .init(wrapping: client), state: state)
            try await body(server)
        }
    }

    private static func result(_ body: () async throws -> Void) async -> Result<Void, any Error> {
        do { return .success(try await body()) } catch { return .failure(error) }
    }

    /// Deletes what a test has made.
    private func cleanUp() async throws {
        var request = Spire_Api_Server_Entry_V1_ListEntriesRequest()
        request.pageSize = 500
        var ids: [String] = []
        repeat {
            let page = try await entries.listEntries(request)
            ids += page.entries.filter { entry in
                entry.spiffeID.path.hasPrefix("/\(scope)/") || entry.parentID.path.hasPrefix("/\(scope)/")
            }.map(\.id)
            request.pageToken = page.nextPageToken
        } while !request.pageToken.isEmpty
        var deletion = Spire_Api_Server_Entry_V1_BatchDeleteEntryRequest()
        deletion.ids = ids
        _ = try await entries.batchDeleteEntry(deletion)
    }

    // MARK: What tests say

    /// An ID under the path of this test.
    func id(_ name: String) -> WireID {
        var id = WireID()
        id.trustDomain = trustDomain
        id.path = "/\(scope)/\(name)"
        return id
    }

    /// An ID of an entry of this test.
    func entryID(_ name: String) -> String { "\(scope).\(name)" }

    /// A valid entry with an ID of its own.
    func entry(_ name: String, parent: String = "parent", selectors: [String] = ["uid:1000"]) -> WireEntry {
        var entry = WireEntry()
        entry.id = entryID(name)
        entry.spiffeID = id(name)
        entry.parentID = id(parent)
        entry.selectors = selectors.map(Self.selector)
        return entry
    }

    /// Reads `type:value`, whatever is in it.
    static func selector(_ text: String) -> Spire_Api_Types_Selector {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        var selector = Spire_Api_Types_Selector()
        selector.type = String(parts.first ?? "")
        selector.value = parts.count > 1 ? String(parts[1]) : ""
        return selector
    }

    /// Creates entries, one result each.
    func create(_ items: [WireEntry], mask: WireMask? = nil) async throws -> [CreateResult] {
        var request = Spire_Api_Server_Entry_V1_BatchCreateEntryRequest()
        request.entries = items
        if let mask { request.outputMask = mask }
        return try await entries.batchCreateEntry(request).results
    }

    /// Creates one entry that must be new.
    @discardableResult
    func created(_ entry: WireEntry) async throws -> WireEntry {
        let result = try #require(try await create([entry]).first)
        try #require(result.status.code == StatusCode.ok, "\(result.status.message)")
        return result.entry
    }

    /// Updates one entry.
    func update(_ entry: WireEntry, mask: WireMask?, output: WireMask? = nil) async throws -> UpdateResult {
        var request = Spire_Api_Server_Entry_V1_BatchUpdateEntryRequest()
        request.entries = [entry]
        if let mask { request.inputMask = mask }
        if let output { request.outputMask = output }
        return try #require(try await entries.batchUpdateEntry(request).results.first)
    }

    /// Reads one entry.
    func get(_ id: String, mask: WireMask? = nil) async throws -> WireEntry {
        var request = Spire_Api_Server_Entry_V1_GetEntryRequest()
        request.id = id
        if let mask { request.outputMask = mask }
        return try await entries.getEntry(request)
    }

    /// Checks that a call fails, and how.
    static func expect<Value>(
        _ code: RPCError.Code, at location: SourceLocation = #_sourceLocation, _ call: () async throws -> Value
    ) async throws {
        let error = try await #require(throws: RPCError.self, sourceLocation: location) { _ = try await call() }
        #expect(error.code == code, sourceLocation: location)
    }
}
