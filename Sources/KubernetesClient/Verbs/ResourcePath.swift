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
