import FoundationEssentials
import KubernetesModel

extension APIRequest {
    /// Whether the request may be sent again when nobody knows if it was carried out: a read; a server-side apply, which
    /// says the same twice; a patch with a condition that fails the second time.
    var isRepeatable: Bool {
        switch (method, contentType) {
        case (.get, _), (.patch, MediaType.apply): true
        case (.patch, MediaType.jsonPatch): tree?.array?.contains { $0["op"] == "test" } ?? false
        case (.patch, MediaType.mergePatch): tree?["metadata"]?["resourceVersion"]?.string?.isEmpty == false
        default: false
        }
    }

    private var tree: JSONValue? {
        body.flatMap { try? JSONValue(parsing: $0) }
    }
}
