import KubernetesModel
import Synchronization
import VaultClient

/// Reads of what many passes need at the same time and decide by, such as the configuration of a connection: whoever asks while
/// a path is being read shares the next read of it with all others who do. So every answer is to a request that was sent after
/// its pass had asked (rule vault-24).
final class FreshReads: Sendable {
    private typealias Flight = SingleFlight<JSONValue?>

    private let vault: any VaultAPI
    /// The reads that have not begun yet.
    private let next = Mutex<[String: Flight]>([:])
    /// What is being read.
    private let underWay = Monitor<Set<String>>([])

    /// Reads from a server.
    init(vault: any VaultAPI) {
        self.vault = vault
    }

    /// How many wait for a read to begin.
    var waitingCount: Int { next.withLock { $0.values.reduce(0) { $0 + $1.waitingCount } } + underWay.waitingCount }

    /// What a path holds.
    ///
    /// - Throws: as `VaultAPI.read`.
    func read(_ path: String) async throws(VaultError) -> JSONValue? {
        let flight = next.withLock { next in
            let flight = next[path] ?? Flight()
            next[path] = flight
            return flight
        }
        do {
            return try await flight.run {
                try await underWay.wait { $0.insert(path).inserted ? () : nil }
                defer { underWay.update { $0.remove(path) } }
                // Who asks from here on shares a later one.
                next.withLock { next in
                    if next[path] === flight { next[path] = nil }
                }
                return try await vault.read(path)
            }
        } catch let error as VaultError {
            throw error
        } catch {
            // All else comes of a task that was cancelled.
            throw VaultError(.cancelled, "the task was cancelled")
        }
    }
}
