/// One line of a watch.
public enum WatchEvent<Resource: KubernetesResource>: Equatable, Sendable {
    /// The object appeared, or existed already when the watch began.
    case added(Resource)
    /// The object changed.
    case modified(Resource)
    /// The object is gone; this is its last state, under the resource version of the deletion.
    case deleted(Resource)
    /// Nothing changed up to this resource version.
    case bookmark(WatchBookmark)
    /// The watch failed; the server ends the stream after it.
    case error(APIStatus)
    /// An object appeared or changed and does not fit its type.
    case undecodable(UndecodableObject)
    /// An object is gone whose last state does not fit its type.
    case deletedUndecodable(key: ObjectKey, resourceVersion: ResourceVersion?)
}

extension WatchEvent: Decodable {
    private enum CodingKeys: String, CodingKey {
        case type
        case object
    }

    /// Decodes an event in one pass over the line.
    ///
    /// - Throws: `DecodingError` when the line is no watch event at all: no type, an unknown type, an object without a name.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let type = try container.decode(String.self, forKey: .type)
        switch type {
        case "ADDED":
            self = try Self.bounded(container) { .added($0) }
        case "MODIFIED":
            self = try Self.bounded(container) { .modified($0) }
        case "DELETED":
            self = try Self.bounded(container) { .deleted($0) }
            if case .undecodable(let object) = self {
                self = .deletedUndecodable(key: object.key, resourceVersion: object.resourceVersion)
            }
        case "BOOKMARK":
            self = .bookmark(try container.decode(WatchBookmark.self, forKey: .object))
        case "ERROR":
            self = .error(try container.decode(APIStatus.self, forKey: .object))
        default:
            throw DecodingError.dataCorruptedError(
                forKey: .type, in: container, debugDescription: "unknown type of watch event")
        }
    }

    private static func bounded(
        _ container: KeyedDecodingContainer<CodingKeys>, _ event: (Resource) -> WatchEvent
    ) throws -> WatchEvent {
        switch try container.decode(DecodedObject<Resource>.self, forKey: .object) {
        case .object(let object): event(object)
        case .undecodable(let object): .undecodable(object)
        }
    }
}
