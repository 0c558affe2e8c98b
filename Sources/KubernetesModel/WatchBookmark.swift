/// The object of a `BOOKMARK` event: only a resource version and annotations are reliable.
public struct WatchBookmark: Equatable, Sendable, Decodable {
    /// Everything up to this version was sent.
    public let resourceVersion: ResourceVersion
    /// Whether this bookmark closes the initial events of a streaming list.
    public let endsInitialEvents: Bool

    /// A bookmark in the middle of a watch, unless it ends the initial events.
    public init(resourceVersion: ResourceVersion, endsInitialEvents: Bool = false) {
        self.resourceVersion = resourceVersion
        self.endsInitialEvents = endsInitialEvents
    }

    private enum CodingKeys: String, CodingKey {
        case metadata
    }

    private struct Metadata: Decodable {
        let resourceVersion: ResourceVersion
        let annotations: [String: String]?
    }

    /// Decodes the metadata and looks at nothing else.
    public init(from decoder: any Decoder) throws {
        let metadata = try decoder.container(keyedBy: CodingKeys.self).decode(Metadata.self, forKey: .metadata)
        resourceVersion = metadata.resourceVersion
        endsInitialEvents = metadata.annotations?["k8s.io/initial-events-end"] == "true"
    }
}
