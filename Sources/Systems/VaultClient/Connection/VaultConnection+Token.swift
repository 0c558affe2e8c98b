import KubernetesModel
import Logging
import ServiceLifecycle

extension VaultConnection {
    /// How long the revocation at the end may take.
    private static let revocationTime = Duration.seconds(2)

    /// Keeps the token fresh until shutdown, then revokes it and closes the connections.
    ///
    /// Does not log in by itself: a replica that does not lead and reads nothing has no token.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await self.keepTokenFresh()
        }
        await close()
    }

    /// Revokes the token, if it was ours, and closes the connections. Later calls fail.
    package func close() async {
        if let token = tokens.close() { await revoke(token) }
        await transport.shutDown()
    }

    /// Ends a token of ours, so that its rights do not outlive their use. Best effort: what fails ends by itself.
    ///
    /// Also when this task is cancelled, as when the lease of leadership is lost: that is when a token must not stay.
    func revoke(_ token: VaultToken) async {
        guard token.isOurs, let path = try? VaultPath("auth/token/revoke-self") else { return }
        var request = VaultRequest(.post, path, body: [:])
        request.token = token.value
        do throws(VaultError) {
            let sent = request
            let response: VaultResponse
            if Task.isCancelled {
                response = try await transport.sendRegardless(sent, timeout: Self.revocationTime)
            } else {
                response = try await limited(to: Self.revocationTime) { () throws(VaultError) in
                    try await self.send(sent)
                }
            }
            logger.info("Revoked a Vault token", metadata: ["http.status": .stringConvertible(response.status)])
        } catch {
            logger.info("Revocation of a Vault token failed", metadata: ["error.code": "\(error.code)"])
        }
    }

    /// Sees to another token after a refusal, if that may help.
    ///
    /// - Returns: whether to try once more.
    func replaceToken(
        _ token: VaultToken, refused response: VaultResponse, on request: VaultRequest
    ) async -> Bool {
        let operation = VaultOperation.name(request.method, request.path)
        switch tokens.tokenRefused(token.number, suggestsBadToken: response.suggestsBadToken, path: request.path) {
        case .isFinal:
            return false
        case .tryAnother:
            return true
        case .forgotten:
            logger.info("Vault does not know the token", metadata: ["vault.operation": "\(operation)"])
            onForgotten()
            return true
        case .replace:
            logger.info("Vault refused an old token", metadata: ["vault.operation": "\(operation)"])
            do throws(VaultError) {
                try await tokens.logIn(boundedLogIn)
            } catch {
                // The old one is still good for everything else.
                return false
            }
            await revoke(token)
            return true
        }
    }

    /// Logs in with the configured method.
    private func logIn() async throws(VaultError) -> LoginResult {
        let login = VaultLogin(
            authentication: configuration.authentication, jwtSource: jwtSource
        ) { request throws(VaultError) in
            try await self.send(request)
        }
        let result = try await login()
        note(policies: result.policies)
        return result
    }

    /// Renews at two thirds of the lease, logs in anew where renewal does not help, until the task is cancelled.
    func keepTokenFresh() async {
        while !Task.isCancelled {
            switch tokens.upkeep() {
            case .stop:
                return
            case .waitForToken:
                try? await tokens.waitForToken()
            case .sleep(let duration):
                try? await clock.sleep(for: duration)
            case .renew(let token):
                await renew(token)
            case .replace:
                // Failures are remembered by the token's lifecycle and logged by the login.
                let old = tokens.current
                if (try? await tokens.logIn(boundedLogIn)) != nil, let old { await revoke(old) }
            }
        }
    }

    /// A login with a deadline of its own, which is counted once, whoever ends it. Without one nobody can do anything, so that a
    /// slow one is an outage.
    func boundedLogIn() async throws(VaultError) -> LoginResult {
        do throws(VaultError) {
            let result = try await limited(to: configuration.requestTimeout) { () throws(VaultError) in
                try await self.logIn()
            }
            metrics.loginFinished(.success)
            logger.info(
                "Logged in to Vault",
                metadata: ["vault.lease.seconds": .stringConvertible(result.lease?.components.seconds ?? 0)])
            return result
        } catch {
            let failure =
                error.code == .slow ? VaultError(.unavailable, "the login is not answered in time") : error
            if failure.code != .cancelled {
                metrics.loginFinished(failure.code == .loginFailed ? .refused : .error)
                logger.warning(
                    "Login to Vault failed",
                    metadata: ["error.code": "\(failure.code)", "error.message": "\(failure.message)"])
            }
            throw failure
        }
    }

    private func renew(_ token: VaultToken) async {
        do throws(VaultError) {
            let auth = try await limited(to: configuration.requestTimeout) { () throws(VaultError) in
                try await self.sendRenewal(of: token)
            }
            tokens.renewed(
                token.number, lease: .seconds(max(auth.leaseDuration, 0)), isRenewable: auth.renewable)
            metrics.renewalFinished(isSuccess: true)
            logger.info(
                "Renewed the Vault token", metadata: ["vault.lease.seconds": .stringConvertible(auth.leaseDuration)])
        } catch {
            tokens.renewalFailed(token.number, error)
            guard error.code != .cancelled else { return }
            metrics.renewalFinished(isSuccess: false)
            logger.warning("Renewal of the Vault token failed", metadata: ["error.code": "\(error.code)"])
        }
    }

    private func sendRenewal(of token: VaultToken) async throws(VaultError) -> VaultAuthentication {
        let path = try VaultPath("auth/token/renew-self")
        var request = VaultRequest(.post, path, body: [:])
        request.token = token.value
        let response = try await send(request)
        switch response.outcome(of: .post, path) {
        case .failure(let error): throw error
        case .absent: throw VaultError(.rejected, "the server refuses the renewal")
        case .success:
            guard let auth = response.envelope?.auth else {
                throw VaultError(.malformedAnswer, "the answer to the renewal has no lease")
            }
            return auth
        }
    }
}
