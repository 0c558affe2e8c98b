import KubernetesModel
import Synchronization
import VaultClient

/// In place of Vault: reads back what was written, and says nothing of rights.
final class StandInVault: VaultAPI {
    private let objects: Mutex<[String: JSONValue]>

    /// - Parameter objects: that are there at first, by path.
    init(_ objects: [String: JSONValue]) { self.objects = Mutex(objects) }

    /// How many objects there are.
    var count: Int { objects.withLock { $0.count } }

    func read(_ path: String) async throws(VaultError) -> JSONValue? { objects.withLock { $0[path] } }

    func count(below path: String) async throws(VaultError) -> Int { 0 }

    func details(below path: String) async throws(VaultError) -> [String: JSONValue] {
        throw VaultError(.permissionDenied, "nothing is listed")
    }

    func write(_ path: String, _ body: JSONValue) async throws(VaultError) -> [String] {
        objects.withLock { $0[path] = body }
        return []
    }

    func submit(_ path: String, _ body: JSONValue) async throws(VaultError) -> JSONValue? { nil }

    func delete(_ path: String) async throws(VaultError) { objects.withLock { $0[path] = nil } }

    func checkHealth() async throws(VaultError) {}

    var ownPolicies: Set<String> { [] }

    var supportsPolicyCheckAndSet: Bool {
        get async throws(VaultError) { true }
    }
}
