import KubernetesModel
import Metrics
import VaultClient

/// Counts the writes to Vault.
struct MeteredVault: VaultAPI {
    private enum Operation: String, CaseIterable { case write, delete }

    private let vault: any VaultAPI
    private let writes: RemoteWriteMetrics<Operation>

    /// Counts what goes to a server.
    init(_ vault: any VaultAPI, factory: any MetricsFactory = MetricsSystem.factory) {
        self.vault = vault
        writes = RemoteWriteMetrics(system: "vault", factory: factory)
    }

    @discardableResult
    func write(_ path: String, _ body: JSONValue) async throws(VaultError) -> [String] {
        try await counted(.write) { () async throws(VaultError) in try await vault.write(path, body) }
    }

    func submit(_ path: String, _ body: JSONValue) async throws(VaultError) -> JSONValue? {
        try await counted(.write) { () async throws(VaultError) in try await vault.submit(path, body) }
    }

    func delete(_ path: String) async throws(VaultError) {
        try await counted(.delete) { () async throws(VaultError) in try await vault.delete(path) }
    }

    func read(_ path: String) async throws(VaultError) -> JSONValue? { try await vault.read(path) }

    func count(below path: String) async throws(VaultError) -> Int { try await vault.count(below: path) }

    func details(below path: String) async throws(VaultError) -> [String: JSONValue] {
        try await vault.details(below: path)
    }

    func checkHealth() async throws(VaultError) { try await vault.checkHealth() }

    var ownPolicies: Set<String> { vault.ownPolicies }

    var supportsPolicyCheckAndSet: Bool {
        get async throws(VaultError) { try await vault.supportsPolicyCheckAndSet }
    }

    private func counted<Value>(
        _ operation: Operation, _ write: () async throws(VaultError) -> Value
    ) async throws(VaultError) -> Value {
        do throws(VaultError) {
            let value = try await write()
            writes.count(operation, .success)
            return value
        } catch {
            writes.count(operation, error.code == .fenced ? .fenced : .error)
            throw error
        }
    }
}
