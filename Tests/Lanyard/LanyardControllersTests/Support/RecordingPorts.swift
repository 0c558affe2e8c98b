import FoundationEssentials
import KubernetesClient
import KubernetesModel
import LanyardAPI
import SPIREClient
import VaultClient

/// The API server behind a journal.
struct RecordingKubernetes: KubernetesAPI {
    let base: any KubernetesAPI
    let journal: Journal

    func send(_ request: APIRequest) async throws -> Data {
        let segments = request.path.split(separator: "/").map(String.init)
        // Without /apis/lanyard.dev/v1alpha1.
        let path = segments.dropFirst(3).joined(separator: "/")
        try await journal.send("kube \(request.method.rawValue.lowercased()) \(path)")
        return try await base.send(request)
    }

    func openWatch(_ request: APIRequest) async throws -> any AsyncSequence<Data, any Error> & Sendable {
        try await base.openWatch(request)
    }
}

/// Vault behind a journal.
struct RecordingVault: VaultAPI {
    let base: any VaultAPI
    let journal: Journal

    func read(_ path: String) async throws(VaultError) -> JSONValue? {
        try await send("read \(path)")
        return try await base.read(path)
    }

    func count(below path: String) async throws(VaultError) -> Int {
        try await send("count \(path)")
        return try await base.count(below: path)
    }

    func details(below path: String) async throws(VaultError) -> [String: JSONValue] {
        try await send("details \(path)")
        return try await base.details(below: path)
    }

    func write(_ path: String, _ body: JSONValue) async throws(VaultError) -> [String] {
        try await send("write \(path)")
        return try await base.write(path, body)
    }

    func submit(_ path: String, _ body: JSONValue) async throws(VaultError) -> JSONValue? {
        try await send("submit \(path)")
        return try await base.submit(path, body)
    }

    func delete(_ path: String) async throws(VaultError) {
        try await send("delete \(path)")
        try await base.delete(path)
    }

    func checkHealth() async throws(VaultError) { try await base.checkHealth() }

    var ownPolicies: Set<String> { base.ownPolicies }

    var supportsPolicyCheckAndSet: Bool {
        get async throws(VaultError) { try await base.supportsPolicyCheckAndSet }
    }

    private func send(_ call: String) async throws(VaultError) {
        do {
            try await journal.send("vault \(call)")
        } catch let error as VaultError {
            throw error
        } catch is Journal.Fenced {
            throw VaultError(.fenced, "this process does not lead")
        } catch {
            throw VaultError(.malformedAnswer, "unexpected failure of the test")
        }
    }
}

/// SPIRE behind a journal.
struct RecordingRegistry: EntryRegistry {
    let base: any EntryRegistry
    let journal: Journal

    func entry(id: String) async throws(SPIREError) -> RegistrationEntry? {
        try await send("read \(id)")
        return try await base.entry(id: id)
    }

    func entries(matching filter: EntryFilter) async throws(SPIREError) -> [RegistrationEntry] {
        try await send("list entries \(filter.spiffeID?.description ?? "")")
        return try await base.entries(matching: filter)
    }

    func create(_ entry: RegistrationEntry) async throws(SPIREError) -> EntryCreation {
        try await send("create \(entry.id)")
        return try await base.create(entry)
    }

    func update(_ entry: RegistrationEntry, fields: Set<EntryField>) async throws(SPIREError) -> Bool {
        try await send("update \(entry.id) \(fields.sorted().map(\.rawValue).joined(separator: ","))")
        return try await base.update(entry, fields: fields)
    }

    func delete(id: String) async throws(SPIREError) {
        try await send("delete \(id)")
        try await base.delete(id: id)
    }

    func agent(id: SPIFFEID) async throws(SPIREError) -> Agent? {
        try await send("agent \(id)")
        return try await base.agent(id: id)
    }

    func agents(withSelectors selectors: [WorkloadSelector]) async throws(SPIREError) -> [Agent] {
        try await send("list agents \(selectors.map(\.description).joined(separator: ","))")
        return try await base.agents(withSelectors: selectors)
    }

    func entryPage(_ request: EntryPageRequest) async throws(SPIREError) -> EntryPage {
        try await send("list page \(request.position.token)")
        return try await base.entryPage(request)
    }

    func entryCount() async throws(SPIREError) -> Int {
        try await send("count entries")
        return try await base.entryCount()
    }

    func bundle() async throws(SPIREError) -> TrustBundle {
        try await send("read bundle")
        return try await base.bundle()
    }

    func federatedTrustDomains() async throws(SPIREError) -> Set<String> {
        try await send("list bundles")
        return try await base.federatedTrustDomains()
    }

    func checkHealth() async throws(SPIREError) { try await base.checkHealth() }

    private func send(_ call: String) async throws(SPIREError) {
        do {
            try await journal.send("spire \(call)")
        } catch let error as SPIREError {
            throw error
        } catch is Journal.Fenced {
            throw SPIREError(.fenced, "this process does not lead")
        } catch {
            throw SPIREError(.malformedAnswer, "unexpected failure of the test")
        }
    }
}
