import LanyardAPI

/// An object together with what its spec only refers to.
struct ResolvedSource {
    /// The object, complete but for its secrets.
    let object: MountedObject
    /// Digest of what came from elsewhere; nil when nothing did.
    var digest: String?
    /// The members that a write which makes the object, or brings a new secret, adds to the body.
    var allSecrets: [String: SecretKey] = [:]
    /// The members that every write adds to the body, because it would take them away otherwise.
    var indispensableSecrets: [String: SecretKey] = [:]
    /// What a new secret changes. Vault never shows it.
    var secretDifferences: [FieldDifference] = []

    /// Why an object is not complete.
    struct Problem: Error {
        let outcome: ConditionOutcome
    }

    /// Fills in what is known.
    static func resolve(_ desired: DesiredMountObject, facts: MountPlan.Facts) -> Result<ResolvedSource, Problem> {
        switch (desired.source, desired.object) {
        case (.spec, _):
            return .success(ResolvedSource(object: desired.object))
        case (.reviewerToken(let token), _):
            return secret(token, of: desired, facts).map { found in
                ResolvedSource(
                    object: desired.object, digest: found.digest, allSecrets: [reviewerField: token],
                    indispensableSecrets: [reviewerField: token],
                    secretDifferences: [.init(field: reviewerField, summary: "the Secret \(token.secret) changed")])
            }
        case (.credentials(let username, let password), .connection(var connection)):
            return secret(username, of: desired, facts).flatMap { name in
                secret(password, of: desired, facts).flatMap { secret in
                    let text = name.text ?? ""
                    if let violation = VaultName.violation(inDatabaseUser: text) {
                        let place = "entry \(username.key) of the Secret \(username.secret)"
                        return .failure(Problem(outcome: .fails(.rejected, "\(desired.title): \(place) \(violation)")))
                    }
                    connection.username = text
                    return .success(
                        ResolvedSource(
                            object: .connection(connection),
                            digest: SourceDigest.combined(name.digest, secret.digest),
                            allSecrets: ["password": password],
                            secretDifferences: [
                                .init(field: "password", summary: "the Secret \(password.secret) changed")
                            ]))
                }
            }
        case (.trustKeys, .jwt(var configuration)):
            return trusted(facts.trust, for: desired).map { pems in
                configuration.keys = .fixed(pems)
                return ResolvedSource(
                    object: .jwt(configuration), digest: StableDigest.hexadecimal(of: pems.joined(separator: "\n")))
            }
        case (.credentials, _), (.trustKeys, _):
            return .failure(Problem(outcome: .fails(.pending, "\(desired.title) cannot be planned")))
        }
    }

    private static let reviewerField = "token_reviewer_jwt"

    private static func secret(
        _ key: SecretKey, of desired: DesiredMountObject, _ facts: MountPlan.Facts
    ) -> Result<(digest: String, text: String?), Problem> {
        switch facts.secrets[key] {
        case .found(let digest, let text):
            return .success((digest, text))
        case .missing:
            let message = "\(desired.title): there is no Secret \(key.secret) with the entry \(key.key)"
            return .failure(Problem(outcome: .fails(.secretMissing, "\(message) in the operator's namespace")))
        case .failed(let outcome):
            return .failure(Problem(outcome: outcome))
        case nil:
            return .failure(
                Problem(outcome: .fails(.pending, "\(desired.title): the Secret \(key.secret) was not looked at")))
        }
    }

    /// The keys of the bundle that Vault can take, sorted, each once. An empty list would lock everybody out, and Vault
    /// would refuse it.
    private static func trusted(_ trust: TrustFact?, for desired: DesiredMountObject) -> Result<[String], Problem> {
        switch trust {
        case .found(let keys):
            let pems = Set(keys.compactMap(\.pem)).sorted()
            if !pems.isEmpty { return .success(pems) }
            let message = "\(desired.title): SPIRE's bundle has no RSA or EC key that signs JWT-SVIDs"
            return .failure(Problem(outcome: .fails(.spireUnavailable, message)))
        case .failed(let outcome):
            return .failure(Problem(outcome: outcome))
        case nil:
            return .failure(Problem(outcome: .fails(.pending, "\(desired.title): SPIRE's keys were not looked at")))
        }
    }
}
