package import KubernetesModel

/// One request to the API, below the port and above HTTP.
package struct VaultRequest: Equatable, Sendable {
    package var method: VaultMethod
    package var path: VaultPath
    /// Query string without question mark; constants only, so nothing in it needs encoding.
    package var query: String?
    package var body: JSONValue?
    /// The client token; nil for login and health.
    package var token: String?
    /// Whether the request goes to the root namespace whatever is configured; Vault serves health only there.
    package var isForRootNamespace = false
    /// The state of the storage that the answering node must have reached (`X-Vault-Index`).
    package var index: String?

    /// A request without query and body, where none is given.
    package init(_ method: VaultMethod, _ path: VaultPath, query: String? = nil, body: JSONValue? = nil) {
        self.method = method
        self.path = path
        self.query = query
        self.body = body
    }
}
