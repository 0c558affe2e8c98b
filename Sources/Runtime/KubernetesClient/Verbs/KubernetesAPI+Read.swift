import FoundationEssentials
public import KubernetesModel

extension KubernetesAPI {
    /// Reads one object.
    ///
    /// - Returns: nil only for a 404 whose `Status` says that this name is not found; a kind that is not served is an error.
    /// - Throws: `KubernetesError`, `CancellationError`.
    public func get<R: KubernetesResource>(_ type: R.Type = R.self, _ key: ObjectKey) async throws -> R? {
        try await get(type, key, as: R.projection)
    }

    /// Reads of one object what a projection says, in place of that of its kind.
    ///
    /// - Returns: nil only for a 404 whose `Status` says that this name is not found; a kind that is not served is an error.
    /// - Throws: `KubernetesError`, `CancellationError`.
    public func get<R: KubernetesResource>(
        _ type: R.Type = R.self, _ key: ObjectKey, as projection: ObjectProjection
    ) async throws -> R? {
        let body: Data
        do {
            body = try await send(APIRequest(.get, R.descriptor.objectPath(key), accept: MediaType.object(type)))
        } catch let error as KubernetesError where error.saysNotFound(key.name) {
            return nil
        }
        return try Answer.decode(body, as: projection)
    }

    /// Reads one page of a list.
    ///
    /// - Parameters:
    ///   - namespace: nil for all namespaces.
    ///   - resourceVersion: nil for the newest state; `0` for whatever the server has cached; otherwise "not older than".
    ///   - limit: objects per page; not sent with a resource version other than `0`, because the server would then go past
    ///     its cache (rule watch-2).
    ///   - continue: the token of the page before.
    /// - Throws: `KubernetesError` (`expired` when the token is too old: start over without pages), `CancellationError`.
    public func list<R: KubernetesResource>(
        _ type: R.Type, namespace: String? = nil, resourceVersion: ResourceVersion? = nil, limit: Int? = nil,
        continue token: String? = nil, labelSelector: String? = nil
    ) async throws -> ObjectList<R> {
        try await page(
            of: listRequest(
                type, namespace: namespace, resourceVersion: resourceVersion, limit: limit,
                continue: token, labelSelector: labelSelector)
        ) { try R(reading: $0) }
    }

    /// Reads one page of a list; objects that do not fit their type are set apart instead of failing the page.
    ///
    /// - Parameter admits: whether an object of this size, as JSON in bytes, may be read whole beside the others of its
    ///   namespace.
    /// - Throws: as `list`.
    public func listDecodable<R: KubernetesResource>(
        _ type: R.Type, namespace: String? = nil, resourceVersion: ResourceVersion? = nil, limit: Int? = nil,
        continue token: String? = nil, labelSelector: String? = nil,
        admits: @escaping @Sendable (ObjectKey, ObjectSize) -> Bool = { _, _ in true }
    ) async throws -> ObjectList<DecodedObject<R>> {
        try await page(
            of: listRequest(
                type, namespace: namespace, resourceVersion: resourceVersion, limit: limit,
                continue: token, labelSelector: labelSelector)
        ) { try DecodedObject(reading: $0, admits: admits) }
    }

    /// Reads all pages of a list, of which one at a time is in memory.
    ///
    /// - Parameter take: gets each object.
    /// - Returns: the metadata of the last page.
    /// - Throws: as `list`; what was taken by then is not the whole list.
    @discardableResult
    public func listAll<R: KubernetesResource>(
        _ type: R.Type, namespace: String? = nil, pageSize: Int = 500, _ take: (R) -> Void
    ) async throws -> ListMeta {
        try await pages(take) { try await list(type, namespace: namespace, limit: pageSize, continue: $0) }
    }

    /// The same; objects that do not fit their type are set apart.
    @discardableResult
    public func listAllDecodable<R: KubernetesResource>(
        _ type: R.Type, namespace: String? = nil, pageSize: Int = 500, _ take: (DecodedObject<R>) -> Void
    ) async throws -> ListMeta {
        try await pages(take) { try await listDecodable(type, namespace: namespace, limit: pageSize, continue: $0) }
    }

    private func pages<Element: Equatable & Sendable>(
        _ take: (Element) -> Void, _ read: (_ token: String?) async throws -> ObjectList<Element>
    ) async throws -> ListMeta {
        var token: String?
        while true {
            let page = try await read(token)
            page.items.forEach(take)
            // Go servers write an empty token on the last page.
            guard let next = page.metadata.continue, !next.isEmpty else { return page.metadata }
            token = next
        }
    }

    private func page<Element: Equatable & Sendable>(
        of request: APIRequest, reading read: @escaping @Sendable (Data) throws -> Element
    ) async throws -> ObjectList<Element> {
        let body = ListBody(reading: read)
        try await receive(request, into: body)
        return try body.page()
    }

    private func listRequest<R: KubernetesResource>(
        _ type: R.Type, namespace: String?, resourceVersion: ResourceVersion?, limit: Int?,
        continue token: String?, labelSelector: String?
    ) -> APIRequest {
        var query: [APIRequest.QueryItem] = []
        if let resourceVersion { query.append(.init("resourceVersion", resourceVersion.text)) }
        if let limit, resourceVersion == nil || resourceVersion?.text == "0" {
            query.append(.init("limit", String(limit)))
        }
        if let token { query.append(.init("continue", token)) }
        if let labelSelector { query.append(.init("labelSelector", labelSelector)) }
        return APIRequest(
            .get, R.descriptor.path(namespace: namespace), query: query, accept: MediaType.list(type))
    }
}

extension APIRequest {
    /// The request that opens a watch of a kind, for `openWatch`.
    ///
    /// - Parameters:
    ///   - namespace: nil for all namespaces.
    ///   - name: the one object that is watched, for which a right to that one is enough; nil for all.
    ///   - resourceVersion: where to go on; nil or `0` begins with the objects that exist, in no order.
    ///   - timeoutSeconds: after how long the server shall end the stream.
    ///   - sendsInitialEvents: asks for a streaming list, closed by a bookmark; `resourceVersionMatch` is sent only then, the
    ///     server refuses it otherwise (rule watch-4).
    public static func watch<R: KubernetesResource>(
        _ type: R.Type, namespace: String? = nil, name: String? = nil, resourceVersion: ResourceVersion?,
        timeoutSeconds: Int, labelSelector: String? = nil, sendsInitialEvents: Bool = false
    ) -> APIRequest {
        var query: [QueryItem] = [
            .init("watch", "1"), .init("allowWatchBookmarks", "true"),
            .init("timeoutSeconds", String(timeoutSeconds)),
        ]
        if let resourceVersion { query.append(.init("resourceVersion", resourceVersion.text)) }
        if let labelSelector { query.append(.init("labelSelector", labelSelector)) }
        if let name { query.append(.init("fieldSelector", "metadata.name=\(name)")) }
        if sendsInitialEvents {
            query.append(.init("sendInitialEvents", "true"))
            query.append(.init("resourceVersionMatch", "NotOlderThan"))
        }
        return APIRequest(
            .get, R.descriptor.path(namespace: namespace), query: query, accept: MediaType.object(type))
    }
}
