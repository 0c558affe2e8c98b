public import KubernetesModel
import Synchronization

/// How large the objects of a kind are, for a queue that is made before the cache: what the API server does for an object takes
/// as long as it is large, and all tenants wait for the one API server.
public final class ObjectSizes: Sendable {
    private let source = Mutex<(@Sendable (ObjectKey) -> Int)?>(nil)

    /// Every object counts as small until `follow`.
    public init() {}

    /// Looks into the cache that some reflectors keep.
    public func follow<Object: KubernetesResource>(_ reflectors: ReflectorGroup<Object>) {
        source.withLock { $0 = { reflectors.size(of: $0) } }
    }

    /// How much of the share of its group an object takes: 1 for a small one, and 1 more for each 64 KiB.
    public func weight(of key: ObjectKey) -> Int {
        1 + (source.withLock { $0 }?(key) ?? 0) / (64 * 1024)
    }
}
