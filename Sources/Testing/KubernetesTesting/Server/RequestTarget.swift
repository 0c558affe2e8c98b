import KubernetesClient
import KubernetesModel

/// What a path means.
struct RequestTarget {
    let descriptor: ResourceDescriptor
    /// The position of the kind among the registered ones.
    let table: Int
    let namespace: String?
    let name: String?
    let isStatus: Bool

    /// Reads `/api/version/…` and `/apis/group/version/…`; nil when no registered kind is meant.
    init?(path: String, descriptors: [ResourceDescriptor]) {
        var segments = path.split(separator: "/").map { Self.decoded($0) }[...]
        guard let root = segments.popFirst(), root == "api" || root == "apis" else { return nil }
        var group = ""
        if root == "apis" {
            guard let named = segments.popFirst() else { return nil }
            group = named
        }
        guard let version = segments.popFirst() else { return nil }
        var namespace: String?
        // `/api/v1/namespaces/x` is an object of the kind Namespace, `/api/v1/namespaces/x/pods` a collection within it.
        if segments.first == "namespaces", segments.count >= 3 {
            namespace = segments[segments.startIndex + 1]
            segments = segments.dropFirst(2)
        }
        guard let plural = segments.popFirst() else { return nil }
        let index = descriptors.firstIndex {
            $0.group == group && $0.version == version && $0.plural == plural
        }
        guard let index else { return nil }
        let found = descriptors[index]
        guard found.isNamespaced || namespace == nil else { return nil }
        descriptor = found
        table = index
        self.namespace = namespace
        name = segments.popFirst()
        let subresource = segments.popFirst()
        guard subresource == nil || subresource == "status", segments.isEmpty else { return nil }
        guard !found.isNamespaced || name == nil || namespace != nil else { return nil }
        isStatus = subresource == "status"
    }

    /// The object's key, if the path names an object.
    var key: ObjectKey? { name.map { ObjectKey(namespace: namespace, name: $0) } }

    private static func decoded(_ segment: Substring) -> String {
        guard segment.utf8.contains(UInt8(ascii: "%")) else { return String(segment) }
        var bytes: [UInt8] = []
        var rest = Array(segment.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// The objects that a LIST or WATCH asks for.
struct ObjectSelector {
    private let namespace: String?
    private let name: String?
    private let requirements: [(label: String, value: String?)]

    /// Reads the namespace of the path, `labelSelector` (`a=b` and `a`) and `fieldSelector` (`metadata.name=x`).
    ///
    /// - Throws: `KubernetesError.badRequest` for selectors of other forms.
    init(namespace: String?, query: [String: String]) throws {
        self.namespace = namespace
        requirements = try (query["labelSelector"] ?? "").split(separator: ",").map { term in
            guard !term.contains("!"), !term.contains("("), !term.contains(" ") else {
                throw ServerFailure.badRequest("label selector of an unsupported form")
            }
            let parts = term.replacing("==", with: "=").split(separator: "=", maxSplits: 1).map(String.init)
            return (parts.first ?? "", parts.dropFirst().first)
        }
        let field = query["fieldSelector"] ?? ""
        guard field.isEmpty || field.hasPrefix("metadata.name=") else {
            throw ServerFailure.badRequest("field selector of an unsupported form")
        }
        name = field.isEmpty ? nil : String(field.dropFirst("metadata.name=".count))
    }

    /// Whether an object is asked for; an absent one never is.
    func matches(_ object: StoredObject?) -> Bool {
        guard let object else { return false }
        guard namespace == nil || object.key.namespace == namespace, name == nil || object.key.name == name else {
            return false
        }
        if requirements.isEmpty { return true }
        let labels = object.labels
        return requirements.allSatisfy { requirement in
            guard let value = labels[requirement.label]?.string else { return false }
            return requirement.value == nil || requirement.value == value
        }
    }
}

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
