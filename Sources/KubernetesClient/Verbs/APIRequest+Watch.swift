public import KubernetesModel

extension APIRequest {
    /// The request that opens a watch of a kind, for `openWatch`.
    ///
    /// - Parameters:
    ///   - namespace: nil for all namespaces.
    ///   - resourceVersion: where to go on; nil or `0` begins with the objects that exist, in no order.
    ///   - timeoutSeconds: after how long the server shall end the stream.
    ///   - sendsInitialEvents: asks for a streaming list, closed by a bookmark; `resourceVersionMatch` is sent only then, the
    ///     server refuses it otherwise (rule watch-4).
    public static func watch<R: KubernetesResource>(
        _ type: R.Type, namespace: String? = nil, resourceVersion: ResourceVersion?, timeoutSeconds: Int,
        labelSelector: String? = nil, sendsInitialEvents: Bool = false
    ) -> APIRequest {
        var query: [QueryItem] = [
            .init("watch", "1"), .init("allowWatchBookmarks", "true"),
            .init("timeoutSeconds", String(timeoutSeconds)),
        ]
        if let resourceVersion { query.append(.init("resourceVersion", resourceVersion.text)) }
        if let labelSelector { query.append(.init("labelSelector", labelSelector)) }
        if sendsInitialEvents {
            query.append(.init("sendInitialEvents", "true"))
            query.append(.init("resourceVersionMatch", "NotOlderThan"))
        }
        return APIRequest(
            .get, R.descriptor.path(namespace: namespace), query: query, accept: MediaType.object(type))
    }
}
