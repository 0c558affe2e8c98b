import KubernetesModel

/// The classification of answers: pure, by status and by texts that were recorded from OpenBao 2.7, which are the cases
/// of `VaultOutcomeTests`.
extension VaultResponse {
    /// What this answer to a request means. Error messages are constant for one cause and redacted.
    package func outcome(of method: VaultMethod, _ path: VaultPath) -> VaultOutcome {
        switch status {
        case 200..<300:
            return success(of: method)
        case 404:
            return notFound(method, path)
        default:
            return .failure(failure(on: path))
        }
    }

    /// Whether a 403 may mean that the token is expired or revoked rather than that it lacks a capability.
    ///
    /// A bad token gets the bare text, a missing capability the text in a list ("1 error occurred"); Vault adds a line
    /// "invalid token" for the first. A hint only: one login and one more try decide.
    package var suggestsBadToken: Bool {
        guard status == 403, let errors = envelope?.errors else { return false }
        return errors.contains { error in
            error.contains("invalid token")
                || (error.contains("permission denied") && !error.contains("1 error occurred"))
        }
    }

    private func success(of method: VaultMethod) -> VaultOutcome {
        switch body {
        case .empty:
            return .success(data: nil, warnings: [])
        case .envelope(let envelope):
            var data = envelope.data
            if data == .null { data = nil }
            return .success(data: data, warnings: envelope.warnings ?? [])
        case .unintelligible:
            return .failure(VaultError(.malformedAnswer, "the answer is not a JSON object of the API"))
        }
    }

    /// Four different things are 404; only one of them is absence.
    private func notFound(_ method: VaultMethod, _ path: VaultPath) -> VaultOutcome {
        guard let errors = envelope?.errors else {
            return .failure(VaultError(.malformedAnswer, "404 without Vault's list of errors"))
        }
        guard let first = errors.first else { return .absent }
        if first.contains("no handler for route") {
            return .failure(VaultError(.mountMissing, "nothing is mounted at that path"))
        }
        if first.contains("namespace not found") {
            return .failure(VaultError(.rejected, "the configured namespace does not exist"))
        }
        if first.contains("unsupported path") {
            return .failure(VaultError(.rejected, "the mount does not know such a path or name"))
        }
        return .failure(VaultError(.rejected, VaultErrorSummary.text(of: errors, on: path)))
    }

    private func failure(on path: VaultPath) -> VaultError {
        let errors = envelope?.errors ?? []
        switch status {
        case 300..<400:
            return VaultError(.rejected, "the server redirects, which is not followed")
        case 400:
            return badRequest(errors, path)
        case 401, 403, 407:
            return VaultError(.permissionDenied, "permission denied")
        case 408, 412, 472, 473, 474, 530:
            // 412: the node has not caught up; 47x and 530: standbys and removed nodes of Vault.
            return VaultError(.unavailable, "the answering node cannot serve this now")
        case 429:
            return VaultError(.rateLimited, "a rate limit was exceeded", retryAfter: retryAfter)
        case 400..<500:
            return VaultError(.rejected, VaultErrorSummary.text(of: errors, on: path))
        case 501:
            return VaultError(.sealed, "the server is sealed or not initialised")
        case 503 where errors.contains { $0.contains("sealed") }:
            return VaultError(.sealed, "the server is sealed or not initialised", retryAfter: retryAfter)
        case 500:
            return internalError(errors, path)
        default:
            return VaultError(.unavailable, "the server answers with status \(status)", retryAfter: retryAfter)
        }
    }

    private func badRequest(_ errors: [String], _ path: VaultPath) -> VaultError {
        for error in errors {
            if error.contains("check-and-set parameter set to -1 on existing entry") {
                return VaultError(.checkAndSetFailed, "the object exists already")
            }
            if error.contains("check-and-set parameter") && error.contains("did not match the current version") {
                return VaultError(.checkAndSetFailed, "the object is at another version")
            }
            // Below a secrets engine this may be quoted from a statement, and what is there is not gone.
            if !path.isInSecretsEngine,
                error.contains("No auth engine at") || error.contains("No secret engine mount at")
                    || error.contains("no mount entry found")
            {
                return VaultError(.mountMissing, "nothing is mounted at that path")
            }
        }
        // Every request of a token gets this when its ACL cannot be built, for example by a templated policy.
        if errors == ["Forbidden"] { return VaultError(.permissionDenied, "the token's policies cannot be evaluated") }
        return VaultError(.rejected, VaultErrorSummary.text(of: errors, on: path))
    }

    /// What a server says of itself that cannot serve anything.
    private static let outageTexts = [
        "local node not active but active cluster node not found", "local node not active",
        "active cluster node not found", "leadership lost", "node is not the leader", "Vault is sealed",
        "barrier is sealed",
    ]
    /// What it says of its own storage, and an engine of its database.
    private static let ownFailures = [
        "internal error", "context deadline exceeded", "context canceled", "failed to persist",
    ]

    /// Status 500 stands for user errors as well as for outages.
    ///
    /// The texts of outages are listed, and an answer that is not the API's own counts as one. Everything else concerns
    /// this request alone: were it an outage, one tenant's odd statement would stop the work for all the others.
    private func internalError(_ errors: [String], _ path: VaultPath) -> VaultError {
        // Below a secrets engine any part of a text may come from a statement, or from the database that the request named:
        // there it has to be the whole.
        let isOutage = errors.contains { error in
            path.isInSecretsEngine
                ? Self.outageTexts.contains(error)
                : (Self.outageTexts + Self.ownFailures).contains { error.contains($0) }
        }
        // The engine gave up waiting for its database, as this side may have done just before.
        if path.isInSecretsEngine, errors.contains(where: { $0.contains("context deadline exceeded") }) {
            return VaultError(.slow, VaultErrorSummary.text(of: errors, on: path))
        }
        if errors.isEmpty || isOutage {
            return VaultError(.unavailable, "the server has an internal error", retryAfter: retryAfter)
        }
        return VaultError(.rejected, VaultErrorSummary.text(of: errors, on: path))
    }
}
