import FoundationEssentials
import KubernetesClient
import KubernetesModel
import LanyardAPI
import SPIREClient
import VaultClient

/// The API server behind a fault injector.
struct FaultyKubernetes: KubernetesAPI {
    let base: any KubernetesAPI
    let faults: FaultInjector

    func send(_ request: APIRequest) async throws -> Data {
        try await faults.call(
            failure: KubernetesError(.unreachable, "injected"), slow: KubernetesError(.timeout, "injected")
        ) { try await base.send(request) }
    }

    func openWatch(_ request: APIRequest) async throws -> any AsyncSequence<Data, any Error> & Sendable {
        try await base.openWatch(request)
    }
}

/// Vault behind a fault injector.
struct FaultyVault: VaultAPI {
    let base: any VaultAPI
    let faults: FaultInjector

    func read(_ path: String) async throws(VaultError) -> JSONValue? {
        try await call { try await base.read(path) }
    }

    func count(below path: String) async throws(VaultError) -> Int {
        try await call { try await base.count(below: path) }
    }

    func details(below path: String) async throws(VaultError) -> [String: JSONValue] {
        try await call { try await base.details(below: path) }
    }

    func write(_ path: String, _ body: JSONValue) async throws(VaultError) -> [String] {
        try await call { try await base.write(path, body) }
    }

    func submit(_ path: String, _ body: JSONValue) async throws(VaultError) -> JSONValue? {
        try await call { try await base.submit(path, body) }
    }

    func delete(_ path: String) async throws(VaultError) {
        try await call { try await base.delete(path) }
    }

    func checkHealth() async throws(VaultError) {
        try await call { try await base.checkHealth() }
    }

    var ownPolicies: Set<String> { base.ownPolicies }

    var supportsPolicyCheckAndSet: Bool {
        get async throws(VaultError) { try await base.supportsPolicyCheckAndSet }
    }

    private func call<Value>(_ operation: () async throws -> Value) async throws(VaultError) -> Value {
        do {
            return try await faults.call(
                failure: VaultError(.unavailable, "injected"), slow: VaultError(.slow, "injected"), operation)
        } catch let error as VaultError {
            throw error
        } catch {
            throw VaultError(.unavailable, "unexpected failure")
        }
    }
}

/// SPIRE behind a fault injector.
struct FaultyRegistry: EntryRegistry {
    let base: any EntryRegistry
    let faults: FaultInjector

    func entry(id: String) async throws(SPIREError) -> RegistrationEntry? {
        try await call { try await base.entry(id: id) }
    }

    func entries(matching filter: EntryFilter) async throws(SPIREError) -> [RegistrationEntry] {
        try await call { try await base.entries(matching: filter) }
    }

    func create(_ entry: RegistrationEntry) async throws(SPIREError) -> EntryCreation {
        try await call { try await base.create(entry) }
    }

    func update(_ entry: RegistrationEntry, fields: Set<EntryField>) async throws(SPIREError) -> Bool {
        try await call { try await base.update(entry, fields: fields) }
    }

    func delete(id: String) async throws(SPIREError) {
        try await call { try await base.delete(id: id) }
    }

    func agent(id: SPIFFEID) async throws(SPIREError) -> Agent? {
        try await call { try await base.agent(id: id) }
    }

    func agents(withSelectors selectors: [WorkloadSelector]) async throws(SPIREError) -> [Agent] {
        try await call { try await base.agents(withSelectors: selectors) }
    }

    func entryPage(_ request: EntryPageRequest) async throws(SPIREError) -> EntryPage {
        try await call { try await base.entryPage(request) }
    }

    func entryCount() async throws(SPIREError) -> Int {
        try await call { try await base.entryCount() }
    }

    func bundle() async throws(SPIREError) -> TrustBundle {
        try await call { try await base.bundle() }
    }

    func federatedTrustDomains() async throws(SPIREError) -> Set<String> {
        try await call { try await base.federatedTrustDomains() }
    }

    func checkHealth() async throws(SPIREError) {
        try await call { try await base.checkHealth() }
    }

    private func call<Value>(_ operation: () async throws -> Value) async throws(SPIREError) -> Value {
        do {
            let failure = SPIREError(.unavailable, "injected")
            return try await faults.call(failure: failure, slow: failure, operation)
        } catch let error as SPIREError {
            throw error
        } catch {
            throw SPIREError(.unavailable, "unexpected failure")
        }
    }
}
