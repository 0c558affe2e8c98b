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
