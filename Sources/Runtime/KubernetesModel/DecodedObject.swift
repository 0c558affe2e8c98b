public import FoundationEssentials

/// An object as it came from the server, read with an error boundary: one that does not fit its type stops no others.
public enum DecodedObject<Resource: KubernetesResource>: Equatable, Sendable {
    /// The object fits its type.
    case object(Resource)
    /// The object does not fit its type.
    case undecodable(UndecodableObject)

    /// Namespace and name of the object.
    public var key: ObjectKey {
        switch self {
        case .object(let object): object.key
        case .undecodable(let object): object.key
        }
    }

    /// Reads what the type's projection says of an object, or what is needed to name it.
    ///
    /// - Parameter admits: whether an object of this size may be read whole beside the others of its namespace; small ones
    ///   are held whole whatever it says.
    /// - Throws: `DecodingError` for what is no object, or an object without a name.
    public init(reading data: Data, admits: (ObjectKey, ObjectSize) -> Bool = { _, _ in true }) throws {
        let text = Array(data)
        try self.init(reading: text, in: 0..<text.count, admits: admits)
    }

    init(reading text: [UInt8], in range: Range<Int>, admits: (ObjectKey, ObjectSize) -> Bool) throws {
        var excerpt = try ObjectExcerpt(of: text, in: range, as: Resource.projection)
        var leftOut = excerpt.leftOut
        let size = excerpt.bytes.count
        if size > ObjectProjection.smallObject, let key = try? UndecodableObject(in: excerpt.data, because: nil).key,
            !admits(key, ObjectSize(held: size, sent: range.count))
        {
            var projection = Resource.projection
            projection.limits.spec = 0
            projection.limits.status = 0
            excerpt = try ObjectExcerpt(of: text, in: range, as: projection)
            leftOut = leftOut.subtracting([.spec, .status]).union([.namespaceShare])
        }
        do {
            let tree = try JSONValue(parsing: excerpt.bytes, sharesStrings: Resource.projection.sharesStrings)
            var object = try JSONTreeDecoder.value(Resource.self, of: tree)
            object.metadata.leftOut = leftOut
            self = .object(object)
        } catch {
            self = .undecodable(try UndecodableObject(in: excerpt.data, because: error))
        }
        // One that was large gives back what it took; small ones count for nothing.
        if size <= ObjectProjection.smallObject { _ = admits(key, ObjectSize(held: 0, sent: range.count)) }
    }
}

/// How large an object is, as JSON in bytes.
public struct ObjectSize: Equatable, Sendable {
    /// What is held of it, if it is held whole.
    public let held: Int
    /// What the API server sent.
    public let sent: Int

    /// Makes a size.
    public init(held: Int, sent: Int) {
        (self.held, self.sent) = (held, sent)
    }
}

extension KubernetesResource {
    /// Reads what the type's projection says of an object.
    ///
    /// - Throws: `DecodingError` when the object does not fit the type.
    public init(reading data: Data) throws { try self.init(reading: data, as: Self.projection) }

    /// Reads of an object what another projection says.
    ///
    /// - Throws: `DecodingError` when the object does not fit the type.
    public init(reading data: Data, as projection: ObjectProjection) throws {
        let excerpt = try ObjectExcerpt(of: Array(data), in: 0..<data.count, as: projection)
        let tree = try JSONValue(parsing: excerpt.bytes, sharesStrings: projection.sharesStrings)
        self = try JSONTreeDecoder.value(Self.self, of: tree)
        metadata.leftOut = excerpt.leftOut
    }
}
