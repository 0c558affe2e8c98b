package import KubernetesModel

/// What an answer means.
package enum VaultOutcome: Equatable, Sendable {
    /// Done. `data` is nil when the server sent none.
    case success(data: JSONValue?, warnings: [String])
    /// The object does not exist: 404 with an empty list of errors, and nothing else.
    case absent
    case failure(VaultError)
}
