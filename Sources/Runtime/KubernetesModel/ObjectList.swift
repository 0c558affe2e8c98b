/// One page of a list.
public struct ObjectList<Object: Equatable & Sendable>: Equatable, Sendable {
    /// The list's version, and where it goes on.
    public var metadata: ListMeta
    /// The objects of this page.
    public var items: [Object]

    /// A page as the API server sends it.
    public init(metadata: ListMeta, items: [Object]) {
        self.metadata = metadata
        self.items = items
    }
}

extension ObjectList: Codable where Object: Codable {
    /// Decodes a page; null and absent items are none.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        metadata = try container.decode(ListMeta.self, forKey: .metadata)
        // Go servers write `null` for an empty list.
        items = try container.decodeIfPresent([Object].self, forKey: .items) ?? []
    }
}

/// The metadata of a list.
public struct ListMeta: Codable, Equatable, Sendable {
    /// The version of the whole list, from which a watch goes on.
    public var resourceVersion: ResourceVersion?
    /// Opaque token of the next page; nil or empty on the last one.
    public var `continue`: String?

    /// Of a last page, where no token is given.
    public init(resourceVersion: ResourceVersion? = nil, continue token: String? = nil) {
        self.resourceVersion = resourceVersion
        self.continue = token
    }
}
