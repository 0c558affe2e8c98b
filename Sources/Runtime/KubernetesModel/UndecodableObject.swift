import FoundationEssentials

/// An object that the server holds but that does not fit the Swift type: normal after an upgrade of its definition.
///
/// It is set apart per object, so that one bad object never stops the others (rule watch-12).
public struct UndecodableObject: Equatable, Sendable {
    /// Which object it is.
    public let key: ObjectKey
    /// Its identity, if its metadata has one.
    public let uid: String?
    /// Its version, if its metadata has one.
    public let resourceVersion: ResourceVersion?
    /// Which field does not fit and why; contains no values of the object.
    public let reason: String

    /// Describes an object that does not decode.
    public init(key: ObjectKey, uid: String? = nil, resourceVersion: ResourceVersion?, reason: String) {
        self.key = key
        self.uid = uid
        self.resourceVersion = resourceVersion
        self.reason = reason
    }

    /// Reads only the metadata that every object has.
    init(in data: Data, because error: (any Error)?) throws {
        let metadata = try JSON.decode(Skeleton.self, from: data).metadata
        key = ObjectKey(namespace: metadata.namespace, name: metadata.name)
        uid = metadata.uid
        resourceVersion = metadata.resourceVersion
        reason = error.map(Self.text(of:)) ?? ""
    }

    private struct Skeleton: Decodable {
        let metadata: Metadata

        struct Metadata: Decodable {
            let name: String
            let namespace: String?
            let uid: String?
            let resourceVersion: ResourceVersion?
        }
    }

    /// Where decoding failed, as a dotted path, and in which way.
    private static func text(of error: any Error) -> String {
        guard let error = error as? DecodingError else { return "cannot be decoded" }
        switch error {
        case .keyNotFound(let key, let context): return path(context.codingPath + [key]) + " is missing"
        case .valueNotFound(_, let context): return path(context.codingPath) + " is null"
        case .typeMismatch(_, let context): return path(context.codingPath) + " has the wrong type"
        case .dataCorrupted(let context): return path(context.codingPath) + " has an invalid value"
        @unknown default: return "cannot be decoded"
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        var text = ""
        for key in keys {
            if let index = key.intValue {
                text += "[\(index)]"
            } else {
                text += text.isEmpty ? key.stringValue : ".\(key.stringValue)"
            }
        }
        return text.isEmpty ? "object" : text
    }
}
