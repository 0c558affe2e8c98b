public import FoundationEssentials
import KubernetesModel

/// One request to an API server, below typed verbs and above HTTP.
public struct APIRequest: Equatable, Sendable {
    /// The HTTP method.
    public var method: Method
    /// Percent-encoded path, from the slash on.
    public var path: String
    /// Query parameters in the order in which they are sent; values are not encoded yet.
    public var query: [QueryItem]
    /// Media type of the body; nil without body.
    public var contentType: String?
    /// Media type that is asked for.
    public var accept: String
    /// The body as it is sent.
    public var body: Data?
    /// How long the whole request may take; for a watch, how long the server may take to answer its head.
    public var timeout: Duration

    /// HTTP methods that the API uses.
    public enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    /// A name and a value in the query.
    public struct QueryItem: Hashable, Sendable {
        /// The name, not encoded.
        public let name: String
        /// The value, not encoded.
        public let value: String

        /// Both as they are: they are encoded when the request is sent.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// A request without query and body, where none is given.
    public init(
        _ method: Method, _ path: String, query: [QueryItem] = [], contentType: String? = nil,
        accept: String = "application/json", body: Data? = nil, timeout: Duration = .seconds(30)
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.contentType = contentType
        self.accept = accept
        self.body = body
        self.timeout = timeout
    }
}

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

/// Media types of request bodies, and of the answers that are asked for.
enum MediaType {
    static let json = "application/json"
    static let jsonPatch = "application/json-patch+json"
    static let mergePatch = "application/merge-patch+json"
    /// Server-side apply; JSON is YAML.
    static let apply = "application/apply-patch+yaml"

    /// What to accept for an object of which only the metadata is needed.
    static let metadata = partial("PartialObjectMetadata")

    /// What to accept for objects of a type, one by one or in a watch.
    static func object<R: KubernetesResource>(_ type: R.Type) -> String {
        R.self is any MetadataOnlyResource.Type ? metadata : json
    }

    /// What to accept for lists of a type.
    static func list<R: KubernetesResource>(_ type: R.Type) -> String {
        R.self is any MetadataOnlyResource.Type ? partial("PartialObjectMetadataList") : json
    }

    /// The projection, or the whole object from a server that does not know it.
    private static func partial(_ kind: String) -> String {
        "application/json;as=\(kind);g=meta.k8s.io;v=v1,application/json"
    }
}
