import KubernetesModel

/// Where the next page of a list begins.
struct PageToken {
    let version: UInt64
    let lastKey: ObjectKey

    /// Points behind an object.
    init(version: UInt64, lastKey: ObjectKey) {
        self.version = version
        self.lastKey = lastKey
    }

    /// Reads a token.
    ///
    /// - Throws: `KubernetesError.badRequest` when the server did not make it.
    init(_ text: String) throws {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let version = UInt64(parts[0]) else {
            throw ServerFailure.badRequest("continue key is not valid")
        }
        self.version = version
        lastKey = ObjectKey(namespace: parts[1].isEmpty ? nil : parts[1], name: parts[2])
    }

    /// The token as the client gets it; names contain no slash.
    var text: String { "\(version)/\(lastKey.namespace ?? "")/\(lastKey.name)" }
}
