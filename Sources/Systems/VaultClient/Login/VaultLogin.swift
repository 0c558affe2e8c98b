import FoundationEssentials
import KubernetesModel

/// Obtains a token in the configured way.
struct VaultLogin: Sendable {
    let authentication: VaultConnectionConfiguration.Authentication
    /// Gives JWT-SVIDs; needed for that method alone.
    let jwtSource: (any JWTSource)?
    /// Sends a request and returns the answer whatever its status.
    let send: @Sendable (VaultRequest) async throws(VaultError) -> VaultResponse

    /// Logs in.
    ///
    /// - Throws: `VaultError` with code `loginFailed` when a file or the server refuses; other codes when the server
    ///   cannot answer.
    func callAsFunction() async throws(VaultError) -> LoginResult {
        switch authentication {
        case .kubernetes(let mount, let role, let tokenFile):
            return try await logIn(mount, role, jwt: Self.contents(of: tokenFile))
        case .jwtSVID(let mount, let role, let audience):
            guard let jwtSource else { throw VaultError(.loginFailed, "there is no source of JWT-SVIDs") }
            return try await logIn(mount, role, jwt: jwtSource.token(audience: audience))
        case .token(let file):
            return try await lookUp(Self.contents(of: file))
        }
    }

    private func logIn(_ mount: String, _ role: String, jwt: String) async throws(VaultError) -> LoginResult {
        let path = try VaultPath("auth/\(mount)/login")
        let request = VaultRequest(.post, path, body: ["role": .string(role), "jwt": .string(jwt)])
        let response = try await send(request)
        switch response.outcome(of: .post, path) {
        case .failure(let error): throw Self.loginError(error)
        case .absent: throw VaultError(.loginFailed, "the server refuses the login")
        case .success:
            guard let auth = response.envelope?.auth, !auth.clientToken.isEmpty else {
                throw VaultError(.malformedAnswer, "the answer to the login has no token")
            }
            return LoginResult(
                token: auth.clientToken, isOurs: true, isRenewable: auth.renewable,
                lease: auth.leaseDuration > 0 ? .seconds(auth.leaseDuration) : nil, policies: auth.policies)
        }
    }

    private func lookUp(_ token: String) async throws(VaultError) -> LoginResult {
        let path = try VaultPath("auth/token/lookup-self")
        var request = VaultRequest(.get, path)
        request.token = token
        let response = try await send(request)
        var result = LoginResult(token: token, isOurs: false, isRenewable: false)
        switch response.outcome(of: .get, path) {
        case .success(let data, _):
            let ttl = data?["ttl"]?.integer ?? 0
            result.lease = ttl > 0 ? .seconds(ttl) : nil
            result.isRenewable = data?["renewable"]?.bool ?? false
            result.policies = ["policies", "identity_policies"].flatMap {
                (data?[$0]?.array ?? []).compactMap(\.string)
            }
            return result
        case .failure(let error) where error.code == .permissionDenied && !response.suggestsBadToken:
            // A good token whose policies do not let it look at itself: nothing is known of its life.
            return result
        case .failure(let error): throw Self.loginError(error)
        case .absent: throw VaultError(.loginFailed, "the token is not valid")
        }
    }

    private static func loginError(_ error: VaultError) -> VaultError {
        switch error.code {
        case .permissionDenied, .rejected, .mountMissing, .checkAndSetFailed:
            VaultError(.loginFailed, "the server refuses the login: \(error.message)")
        default: error
        }
    }

    private static func contents(of file: String) throws(VaultError) -> String {
        guard let data = try? Data(contentsOf: URL(filePath: file)),
            let text = String(data: data, encoding: .utf8)?.split(whereSeparator: \.isWhitespace).first
        else {
            throw VaultError(.loginFailed, "the token file cannot be read or is empty")
        }
        return String(text)
    }
}

/// Where the operator's own JWT-SVID comes from: the SPIFFE Workload API, seen from the Vault client.
package protocol JWTSource: Sendable {
    /// A JWT-SVID for an audience, which is valid now.
    ///
    /// - Throws: `VaultError` with code `loginFailed` when none is issued, `unavailable` when nobody answers. Its message
    ///   holds no token.
    func token(audience: String) async throws(VaultError) -> String
}
