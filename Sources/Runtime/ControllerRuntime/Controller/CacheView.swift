public import KubernetesModel

/// What a controller asks of a cache when a pass over an object begins.
public struct CacheView: Sendable {
    let showsOwnWrites: @Sendable (ObjectKey) async -> Bool
    let generation: @Sendable (ObjectKey) -> Int64?

    /// The cache of a kind.
    ///
    /// - Parameter live: reads the object from the server, as in `Store.waitForOwnWrites`.
    public init<Object: KubernetesResource>(
        _ store: Store<Object>, live: (@Sendable (ObjectKey) async throws -> Object?)? = nil
    ) {
        self.init(
            showsOwnWrites: { key in await store.waitForOwnWrites(key, live: live) },
            generation: { key in store.generation(of: key) })
    }

    /// Something else; without parameters, what keys have that are of no object.
    ///
    /// - Parameters:
    ///   - showsOwnWrites: waits until this process's own writes of the object are to be seen; false puts the pass off by a
    ///     second.
    ///   - generation: what is known of the object's generation, for logs.
    public init(
        showsOwnWrites: @escaping @Sendable (ObjectKey) async -> Bool = { _ in true },
        generation: @escaping @Sendable (ObjectKey) -> Int64? = { _ in nil }
    ) {
        self.showsOwnWrites = showsOwnWrites
        self.generation = generation
    }
}
