package import KubernetesModel

/// The JSON object around every answer of the API.
package struct VaultEnvelope: Equatable, Sendable, Decodable {
    /// What went wrong; an empty list with status 404 means that the object is absent.
    package var errors: [String]?
    package var warnings: [String]?
    package var data: JSONValue?
    /// The result of a login or renewal.
    package var auth: VaultAuthentication?
    /// Only in `sys/seal-status`: OpenBao says when its source was committed, Vault says `build_date` instead.
    package var commitDate: String?

    private enum CodingKeys: String, CodingKey {
        case errors, warnings, data, auth
        case commitDate = "commit_date"
    }

    /// What is not given is absent.
    package init(errors: [String]? = nil, data: JSONValue? = nil, warnings: [String]? = nil) {
        self.errors = errors
        self.data = data
        self.warnings = warnings
    }
}
