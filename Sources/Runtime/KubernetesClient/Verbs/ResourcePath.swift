public import KubernetesModel

extension ResourceDescriptor {
    /// The percent-encoded path of this kind's objects, of one object, or of a subresource of one.
    ///
    /// - Parameters:
    ///   - namespace: ignored for cluster-scoped kinds; nil means all namespaces, which only LIST and WATCH accept.
    ///   - name: the object; nil for the collection.
    ///   - subresource: such as `status`; only with a name.
    public func path(namespace: String?, name: String? = nil, subresource: String? = nil) -> String {
        var path = group.isEmpty ? "/api" : "/apis/\(PercentEncoding.encode(group))"
        path += "/\(PercentEncoding.encode(version))"
        if isNamespaced, let namespace {
            path += "/namespaces/\(PercentEncoding.encode(namespace))"
        }
        path += "/\(PercentEncoding.encode(plural))"
        if let name {
            path += "/\(PercentEncoding.encode(name))"
            if let subresource { path += "/\(PercentEncoding.encode(subresource))" }
        }
        return path
    }

    /// The path of one object.
    ///
    /// - Throws: `KubernetesError.badRequest` without name or, for a namespaced kind, without namespace: such a path would
    ///   mean the whole collection, and a DELETE of it would delete everything.
    func objectPath(_ key: ObjectKey, subresource: String? = nil) throws -> String {
        guard Self.isSegment(key.name) else {
            throw KubernetesError(.badRequest, "the name of a \(kind) is missing or illegal")
        }
        return try collectionPath(key.namespace, of: key.name, subresource: subresource)
    }

    /// The path under which an object is created, or the object's own path.
    func collectionPath(
        _ namespace: String?, of name: String? = nil, subresource: String? = nil
    ) throws -> String {
        guard !isNamespaced || Self.isSegment(namespace ?? "") else {
            throw KubernetesError(.badRequest, "the namespace of a \(kind) is missing or illegal")
        }
        return path(namespace: namespace, name: name, subresource: subresource)
    }

    /// Whether the text can stand as one path segment; dots would be resolved away by intermediaries.
    private static func isSegment(_ text: String) -> Bool {
        !text.isEmpty && text != "." && text != ".."
    }
}

/// Percent-encoding of path segments and query values (RFC 3986): everything but unreserved characters.
enum PercentEncoding {
    /// Encodes a text so that it means itself in a path segment, a query name or a query value.
    static func encode(_ text: String) -> String {
        if text.utf8.allSatisfy(isUnreserved) { return text }
        var encoded: [UInt8] = []
        encoded.reserveCapacity(text.utf8.count + 16)
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in text.utf8 {
            if isUnreserved(byte) {
                encoded.append(byte)
            } else {
                encoded.append(UInt8(ascii: "%"))
                encoded.append(digits[Int(byte >> 4)])
                encoded.append(digits[Int(byte & 0xF)])
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default:
            false
        }
    }
}
