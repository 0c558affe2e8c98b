package import KubernetesModel
package import VaultClient

/// A write or delete that reached the server.
package struct VaultChange: Equatable, Sendable {
    /// `post` or `delete`.
    package let method: VaultMethod
    /// As it was asked for, not folded.
    package let path: String
    package let body: JSONValue?
    /// The HTTP status of the answer; 2xx when something was done.
    package let status: Int
}
