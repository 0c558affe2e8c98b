public import FoundationEssentials

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

extension WatchEvent {
    /// The object that is gone; nil for every other event.
    public var deletedKey: ObjectKey? {
        switch self {
        case .deleted(let object): object.key
        case .deletedUndecodable(let key, _): key
        case .added, .modified, .undecodable, .bookmark, .error: nil
        }
    }

    /// Reads a line.
    ///
    /// - Parameter admits: as for `DecodedObject`.
    /// - Throws: `DecodingError` when the line is no watch event at all: no type, an unknown type, an object without a name.
    public init(reading line: Data, admits: (ObjectKey, ObjectSize) -> Bool = { _, _ in true }) throws {
        let text = Array(line)
        let (type, object) = try Self.parts(of: text)
        switch type {
        case "ADDED", "MODIFIED", "DELETED":
            let decoded = try DecodedObject<Resource>(reading: text, in: object, admits: admits)
            switch (type, decoded) {
            case ("ADDED", .object(let object)): self = .added(object)
            case ("MODIFIED", .object(let object)): self = .modified(object)
            case (_, .object(let object)): self = .deleted(object)
            case ("DELETED", .undecodable(let object)):
                self = .deletedUndecodable(key: object.key, resourceVersion: object.resourceVersion)
            case (_, .undecodable(let object)): self = .undecodable(object)
            }
        case "BOOKMARK": self = .bookmark(try JSON.decode(from: Data(text[object])))
        case "ERROR": self = .error(try JSON.decode(from: Data(text[object])))
        default:
            throw DecodingError.dataCorrupted(
                .init(codingPath: [], debugDescription: "unknown type of watch event"))
        }
    }

    /// The type of an event, and where its object is.
    private static func parts(of text: [UInt8]) throws -> (type: String, object: Range<Int>) {
        var scanner = JSONScanner(text, in: 0..<text.count)
        let members = (try? scanner.members()) ?? []
        let type = members.last { $0.name.elementsEqual("type".utf8) }
        guard let type, let object = members.last(where: { $0.name.elementsEqual("object".utf8) }),
            text[type.value].first == UInt8(ascii: "\"")
        else {
            throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "no watch event"))
        }
        return (String(decoding: text[type.value].dropFirst().dropLast(), as: UTF8.self), object.value)
    }
}

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
