package import KubernetesModel

/// The port to one Vault or OpenBao server, below the objects of Lanyard and above HTTP.
///
/// Paths are API paths without `/v1/`, for example `auth/kubernetes/role/web`. Every call has a deadline of its own.
package protocol VaultAPI: Sendable {
    /// Reads an object.
    ///
    /// - Returns: the `data` of the answer, or nil only when Vault says that the object is absent (404 with an empty error list).
    /// - Throws: `VaultError` for everything else, so that a failure is never taken for absence.
    func read(_ path: String) async throws(VaultError) -> JSONValue?

    /// Counts what is listed below a path.
    ///
    /// - Throws: `VaultError`.
    func count(below path: String) async throws(VaultError) -> Int

    /// What the server says of all that is listed below a path, by name. It may leave some out, which are not absent for that.
    ///
    /// - Throws: `VaultError`, also when the server tells names alone.
    func details(below path: String) async throws(VaultError) -> [String: JSONValue]

    /// Creates or replaces an object. Checks the leadership fence first.
    ///
    /// - Returns: the server's warnings.
    /// - Throws: `VaultError`.
    @discardableResult
    func write(_ path: String, _ body: JSONValue) async throws(VaultError) -> [String]

    /// Writes and returns what the server makes of it, as when it generates a key. Checks the leadership fence first.
    ///
    /// - Returns: the `data` of the answer; nil when it has none.
    /// - Throws: `VaultError`.
    func submit(_ path: String, _ body: JSONValue) async throws(VaultError) -> JSONValue?

    /// Deletes an object; an absent one is no error. Checks the leadership fence first.
    ///
    /// - Throws: `VaultError`.
    func delete(_ path: String) async throws(VaultError)

    /// Whether the server is initialised, unsealed and answers, to a token of ours as well.
    ///
    /// - Throws: `VaultError` with code `sealed` or `unavailable` when it is not.
    func checkHealth() async throws(VaultError)

    /// Names of the policies of this process's own tokens, as the server folds them: nobody else may have anything to do
    /// with these. Empty before the first login, which the first read or write makes.
    var ownPolicies: Set<String> { get }

    /// Whether the server creates policies only if absent (`cas = -1`): OpenBao does, Vault ignores the parameter.
    ///
    /// - Throws: `VaultError` when the server does not tell. That is no "no": a policy that somebody made meanwhile would
    ///   be overwritten.
    var supportsPolicyCheckAndSet: Bool { get async throws(VaultError) }
}
