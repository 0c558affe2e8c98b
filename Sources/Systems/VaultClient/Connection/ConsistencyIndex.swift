import FoundationEssentials
import KubernetesModel

/// The newest state of the storage that our writes led to, to be asked for in later reads: standbys answer reads since
/// OpenBao 2.5, and a read that misses our own write would look like somebody's change.
struct ConsistencyIndex: Sendable {
    /// The value of the `X-Vault-Index` header; nil when no write had one.
    private(set) var header: String?
    private var cluster: String?
    private var value: UInt64 = 0

    /// Takes over what a write was answered, unless that is older: answers of concurrent writes overtake each other.
    mutating func written(_ header: String) {
        // OpenBao puts an object into it, in base64.
        guard let data = Data(base64Encoded: header), let state = try? JSONValue(parsing: data),
            let cluster = state["cluster"]?.string, let value = state["value"]?.string.flatMap({ UInt64($0) })
        else {
            // Vault's own form cannot be compared; the last answer is the best guess.
            self = ConsistencyIndex()
            self.header = header
            return
        }
        if cluster == self.cluster && value <= self.value && self.header != nil { return }
        self.header = header
        self.cluster = cluster
        self.value = value
    }

    /// Forgets it, because no node ever reaches that state: the storage was restored from an older snapshot.
    mutating func unreachable(_ header: String?) {
        if header == self.header { self = ConsistencyIndex() }
    }
}
