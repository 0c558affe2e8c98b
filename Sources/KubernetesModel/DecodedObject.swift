/// An element of a list, decoded with an error boundary: a list of these decodes even when some of its objects do not.
public enum DecodedObject<Resource: KubernetesResource>: Equatable, Sendable {
    /// The object fits its type.
    case object(Resource)
    /// The object does not fit its type.
    case undecodable(UndecodableObject)
}

extension DecodedObject: Codable {
    /// Decodes the object, or what is needed to name it.
    ///
    /// - Throws: `DecodingError` for an object without a name.
    public init(from decoder: any Decoder) throws {
        do {
            self = .object(try Resource(from: decoder))
        } catch {
            self = .undecodable(try UndecodableObject(metadataFrom: decoder, because: error))
        }
    }

    /// - Throws: `EncodingError` for an object that could not be decoded, whose content is not known.
    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .object(let object):
            try object.encode(to: encoder)
        case .undecodable(let object):
            throw EncodingError.invalidValue(
                object, .init(codingPath: encoder.codingPath, debugDescription: "the object was never decoded"))
        }
    }
}
