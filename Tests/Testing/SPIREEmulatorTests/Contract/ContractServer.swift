import FoundationEssentials
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import LanyardAPI
import SPIREClient
import SPIREEmulator
import Testing

/// A server that the contract is checked on: an emulator of its own behind its socket, or the server that
/// `SPIRE_SERVER_SOCKET` names, which may be an emulator or a real one. Everything is made under a path and names of its
/// own, so that a server in use can be checked.
struct ContractServer: Sendable {
    typealias Transport = HTTP2ClientTransport.Posix
    typealias Entries = Spire_Api_Server_Entry_V1_Entry.Client<Transport>

    let socket: String
    let trustDomain: String
    /// First segment of the paths and prefix of the IDs of everything that a test makes.
    let scope: String
    let entries: Entries
    /// The same, while the store fails. Only an emulator can be brought to that.
    let failingEntries: Entries
    let agents: Spire_Api_Server_Agent_V1_Agent.Client<Transport>
    let bundle: Spire_Api_Server_Bundle_V1_Bundle.Client<Transport>
    let trustDomains: Spire_Api_Server_Trustdomain_V1_TrustDomain.Client<Transport>
    let authorities: Spire_Api_Server_Localauthority_V1_LocalAuthority.Client<Transport>
    let health: Grpc_Health_V1_Health.Client<Transport>
    /// What only an emulator does.
    let control: Lanyard_Emulator_V1_Control.Client<Transport>
    /// Where it listens with TLS; nil when that is not known.
    let tcp: SPIREServerAddress?

    static let givenSocket = ProcessInfo.processInfo.environment["SPIRE_SERVER_SOCKET"].flatMap { path in
        path.isEmpty ? nil : path.hasPrefix("unix://") ? String(path.dropFirst(7)) : path
    }
    static let givenTCP = ProcessInfo.processInfo.environment["SPIRE_SERVER_TCP"].flatMap { SPIREServerAddress($0) }

    /// Whether the server is an emulator.
    static func isEmulated() async throws -> Bool {
        guard let givenSocket else { return true }
        return try await withGRPCClient(transport: transport(givenSocket)) { client in
            do {
                _ = try await Lanyard_Emulator_V1_Control.Client(wrapping: client).ping(.init())
                return true
            } catch let error as RPCError where error.code == .unimplemented {
                return false
            }
        }
    }

    /// Runs a test, and takes away what it made.
    ///
    /// - Parameter domains: Trust domains whose bundles are stored meanwhile, by what `domain(_:)` makes of them.
    static func with(
        domains: [String] = [], _ body: @escaping @Sendable (ContractServer) async throws -> Void
    ) async throws {
        let checked: @Sendable (ContractServer) async throws -> Void = { server in
            let outcome = await result {
                try await server.storeBundles(of: domains)
                try await body(server)
            }
            try await server.cleanUp(domains: domains)
            try outcome.get()
        }
        if let givenSocket {
            try await connected(socket: givenSocket, tcp: givenTCP, checked)
            return
        }
        try await EmulatorFixture.with { fixture in
            var listeners = EmulatedServer.Listeners()
            listeners.tcp = ("127.0.0.1", 0)
            try await fixture.serving(listeners) { port in
                try await connected(
                    socket: fixture.socket, tcp: port.map { .tcp(host: "127.0.0.1", port: $0) }, checked)
            }
        }
    }

    private static func transport(_ socket: String) throws -> Transport {
        try .http2NIOPosix(
            target: .unixDomainSocket(path: socket, authority: "localhost"), transportSecurity: .plaintext)
    }

    private static func connected(
        socket: String, tcp: SPIREServerAddress?, _ body: @escaping @Sendable (ContractServer) async throws -> Void
    ) async throws {
        try await withGRPCClient(transport: transport(socket), interceptors: [StoreFailure()]) { failing in
            try await withGRPCClient(transport: transport(socket)) { client in
                let bundle = Spire_Api_Server_Bundle_V1_Bundle.Client(wrapping: client)
                let server = ContractServer(
                    socket: socket, trustDomain: try await bundle.getBundle(.init()).trustDomain,
                    scope: "contract-\(UUID().uuidString.lowercased().prefix(8))", entries: .init(wrapping: client),
                    failingEntries: .init(wrapping: failing), agents: .init(wrapping: client), bundle: bundle,
                    trustDomains: .init(wrapping: client), authorities: .init(wrapping: client),
                    health: .init(wrapping: client), control: .init(wrapping: client), tcp: tcp)
                try await body(server)
            }
        }
    }

    private static func result(_ body: () async throws -> Void) async -> Result<Void, any Error> {
        do { return .success(try await body()) } catch { return .failure(error) }
    }

    private func storeBundles(of names: [String]) async throws {
        guard !names.isEmpty else { return }
        var request = Spire_Api_Server_Bundle_V1_BatchSetFederatedBundleRequest()
        request.bundle = try names.map { try bundle(of: $0) }
        for result in try await bundle.batchSetFederatedBundle(request).results {
            try #require(result.status.code == StatusCode.ok, "\(result.status.message)")
        }
    }

    /// Deletes what a test has made.
    private func cleanUp(domains: [String]) async throws {
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
        // Listings leave out what is malformed.
        ids.append(entryID("x"))
        var deletion = Spire_Api_Server_Entry_V1_BatchDeleteEntryRequest()
        deletion.ids = ids
        _ = try await entries.batchDeleteEntry(deletion)
        guard !domains.isEmpty else { return }
        var bundles = Spire_Api_Server_Bundle_V1_BatchDeleteFederatedBundleRequest()
        bundles.trustDomains = domains.map(domain)
        bundles.mode = .dissociate
        _ = try await bundle.batchDeleteFederatedBundle(bundles)
    }

    // MARK: What tests say

    /// An ID under the path of this test.
    func id(_ name: String) -> WireID {
        var id = WireID()
        id.trustDomain = trustDomain
        id.path = "/\(scope)/\(name)"
        return id
    }

    /// The name of another trust domain of this test.
    func domain(_ name: String) -> String { "\(name).\(scope)" }

    /// A bundle of another trust domain of this test, with an authority.
    func bundle(of name: String) throws -> WireBundle {
        let trustDomain = try #require(TrustDomain(domain(name)))
        let now = Int64(Date.now.timeIntervalSince1970)
        var bundle = WireBundle()
        bundle.trustDomain = trustDomain.name
        bundle.x509Authorities = try TrustAuthority(trustDomain: trustDomain, now: now) { "key" }.certificates().map {
            var certificate = Spire_Api_Types_X509Certificate()
            certificate.asn1 = Data($0)
            return certificate
        }
        return bundle
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

    /// Stores an entry whose SPIFFE ID is none. Only an emulator does that.
    func insertMalformed(_ name: String) async throws {
        var request = Lanyard_Emulator_V1_InsertEntryRequest()
        request.id = entryID(name)
        request.spiffeID = "invalid"
        request.parentID = "spiffe://\(trustDomain)/\(scope)/parent"
        _ = try await control.insertEntry(request)
    }

    /// Attests an agent, or changes one. Only an emulator does that.
    func put(_ agent: Spire_Api_Types_Agent) async throws {
        var request = Lanyard_Emulator_V1_PutAgentRequest()
        request.id = "spiffe://\(agent.id.trustDomain)\(agent.id.path)"
        request.attestationType = agent.attestationType
        request.selectors = agent.selectors.map { "\($0.type):\($0.value)" }
        request.expiresAt = agent.x509SvidExpiresAt
        request.banned = agent.banned
        _ = try await control.putAgent(request)
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

/// Makes the emulator's store fail for each call.
private struct StoreFailure: ClientInterceptor {
    func intercept<Input: Sendable, Output: Sendable>(
        request: StreamingClientRequest<Input>, context: ClientContext,
        next:
            @concurrent (StreamingClientRequest<Input>, ClientContext) async throws ->
            StreamingClientResponse<Output>
    ) async throws -> StreamingClientResponse<Output> {
        var request = request
        request.metadata.addString("disk on fire", forKey: "lanyard-store-fault")
        return try await next(request, context)
    }
}

extension Trait where Self == ConditionTrait {
    /// The case does not apply to a live server, which cannot be brought to it.
    static func emulatorOnly(_ cause: String) -> Self {
        .enabled("not applicable to a live server: \(cause)") { try await ContractServer.isEmulated() }
    }

    /// The case rotates what the server signs with, which concerns everybody who uses it.
    static var ownServer: Self {
        .enabled("not applicable to a server that others may use: what it signs with is rotated") {
            ContractServer.givenSocket == nil
                || ProcessInfo.processInfo.environment["SPIRE_SERVER_IS_OURS"] == "1"
        }
    }

    /// The case calls the server over TCP, and a server that was given is found there only if that was given, too.
    static var overTCP: Self {
        .enabled("not applicable without SPIRE_SERVER_TCP: it says where the server listens with TLS") {
            ContractServer.givenSocket == nil || ContractServer.givenTCP != nil
        }
    }
}
