/// Where the operator's own JWT-SVID comes from: the SPIFFE Workload API, seen from the Vault client.
package protocol JWTSource: Sendable {
    /// A JWT-SVID for an audience, which is valid now.
    ///
    /// - Throws: `VaultError` with code `loginFailed` when none is issued, `unavailable` when nobody answers. Its message
    ///   holds no token.
    func token(audience: String) async throws(VaultError) -> String
}
