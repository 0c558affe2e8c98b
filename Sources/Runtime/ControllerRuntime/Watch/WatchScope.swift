public import KubernetesModel

/// What of a kind is watched, and how.
public struct WatchScope: Sendable {
    let namespace: String?
    let labelSelector: String?
    let streamingLists: StreamingLists

    /// - Parameters:
    ///   - namespace: watches this namespace; nil watches all.
    ///   - labelSelector: watches only objects with these labels.
    ///   - streamingLists: whether lists may come as the beginning of a watch.
    public init(
        namespace: String? = nil, labelSelector: String? = nil, streamingLists: StreamingLists = .automatic
    ) {
        self.namespace = namespace
        self.labelSelector = labelSelector
        self.streamingLists = streamingLists
    }
}

/// What a reflector tells beside the changes of objects.
public struct WatchNotices: Sendable {
    let onUndecodable: @Sendable (UndecodableObject) -> Void
    let onRecovery: @Sendable (ObjectKey) -> Void
    let onList: @Sendable (ResourceVersion) -> Void

    /// - Parameters:
    ///   - onUndecodable: called once for each object and reason for which it does not fit its type; usually records an
    ///     event on the object (`ObjectEvent.init(undecodable:of:)`).
    ///   - onRecovery: called when an object that did not fit its type does now, or is gone.
    ///   - onList: called with the version of each complete list, after its changes. One that is lower than what was seen
    ///     before is of a cache that is behind, or of a server that was restored.
    public init(
        onUndecodable: @escaping @Sendable (UndecodableObject) -> Void = { _ in },
        onRecovery: @escaping @Sendable (ObjectKey) -> Void = { _ in },
        onList: @escaping @Sendable (ResourceVersion) -> Void = { _ in }
    ) {
        self.onUndecodable = onUndecodable
        self.onRecovery = onRecovery
        self.onList = onList
    }
}
