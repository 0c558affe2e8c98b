import LanyardAPI

/// An object together with what its spec only refers to.
struct ResolvedSource {
    /// The object, complete but for its secrets.
    let object: MountedObject
    /// Digest of what came from elsewhere; nil when nothing did.
    var digest: String?
    /// The members that a write which makes the object, or brings another owner of the secrets, adds to the body.
    var allSecrets: [String: SecretKey] = [:]
    /// Whether what came from elsewhere is not what was last written.
    var isChanged = false
    /// Those of the secrets that are not.
    var changedSecrets: [String: SecretKey] = [:]
    /// Members that were written and are not declared any more; Vault may not show them.
    var droppedSecrets: [String] = []
    /// The members that every write adds to the body, because it would take them away otherwise.
    var indispensableSecrets: [String: SecretKey] = [:]
    /// The fields that say whose the secrets are.
    var secretOwnerFields: Set<String> = []
    /// What changed secrets change. Vault never shows it.
    var secretDifferences: [FieldDifference] {
        changedSecrets.sorted { $0.key < $1.key }.map { member, key in
            FieldDifference(field: member, summary: "the Secret \(key.secret) changed")
        } + droppedSecrets.map { FieldDifference(field: $0, summary: "is not declared any more") }
    }

    /// Why an object is not complete.
    struct Problem: Error {
        let outcome: ConditionOutcome
    }

    /// Fills in what is known.
    ///
    /// - Parameter recorded: the digest of what was last written; nil when nothing was, or when it was nobody's of here.
    static func resolve(
        _ desired: DesiredMountObject, facts: MountPlan.Facts, recorded: String?
    ) -> Result<ResolvedSource, Problem> {
        switch (desired.source, desired.object) {
        case (.spec, _):
            return .success(ResolvedSource(object: desired.object))
        case (.reviewerToken(let token), _):
            return secret(token, of: desired, facts).map { found in
                let isChanged = SourceDigest.isChanged(from: recorded, to: found.digest)
                return ResolvedSource(
                    object: desired.object, digest: found.digest, allSecrets: [reviewerField: token],
                    isChanged: isChanged, changedSecrets: isChanged ? [reviewerField: token] : [:],
                    indispensableSecrets: [reviewerField: token])
            }
        case (.credentials(let username, let secrets), .connection(let connection)):
            return secret(username, of: desired, facts).flatMap { name in
                credentials(of: connection, username, name, secrets, desired, facts, recorded: recorded)
            }
        case (.trustKeys, .jwt(var configuration)):
            return trusted(facts.trust, for: desired).map { pems in
                configuration.keys = .fixed(pems)
                let digest = StableDigest.hexadecimal(of: pems.joined(separator: "\n"))
                return ResolvedSource(
                    object: .jwt(configuration), digest: digest,
                    isChanged: SourceDigest.isChanged(from: recorded, to: digest))
            }
        case (.credentials, _), (.trustKeys, _):
            return .failure(Problem(outcome: .fails(.pending, "\(desired.title) cannot be planned")))
        }
    }

    private static let reviewerField = "token_reviewer_jwt"
    private static let passwordField = "password"
    /// What a connection has in place of a password.
    static let keyField = "private_key"

    private static func credentials(
        of connection: DatabaseConnection, _ username: SecretKey, _ name: (digest: String, text: String?),
        _ secrets: [String: SecretKey], _ desired: DesiredMountObject, _ facts: MountPlan.Facts, recorded: String?
    ) -> Result<ResolvedSource, Problem> {
        var connection = connection
        connection.username = name.text ?? ""
        if let violation = VaultName.violation(inDatabaseUser: connection.username) {
            let place = "entry \(username.key) of the Secret \(username.secret)"
            return .failure(Problem(outcome: .fails(.rejected, "\(desired.title): \(place) \(violation)")))
        }
        var digests: [String: String] = [:]
        for (member, key) in secrets.sorted(by: { $0.key < $1.key }) {
            switch secret(key, of: desired, facts) {
            case .success(let found): digests[member] = found.digest
            case .failure(let problem): return .failure(problem)
            }
        }
        let password = digests.removeValue(forKey: passwordField)
        let first = password.map { SourceDigest.combined(name.digest, $0) } ?? name.digest
        var source = ResolvedSource(
            object: .connection(connection), digest: SourceDigest.list(first, digests), allSecrets: secrets,
            secretOwnerFields: ["username"])
        let known = recorded.map(SourceDigest.parts) ?? [:]
        for (member, key) in secrets {
            let (part, current) = member == passwordField ? ("", first) : (member, digests[member] ?? "")
            if SourceDigest.isChanged(from: known[part], to: current) { source.changedSecrets[member] = key }
        }
        var former = Set(known.keys.filter { !$0.isEmpty })
        // Who logged in without a key had a password.
        if recorded != nil, !former.contains(keyField) { former.insert(passwordField) }
        source.droppedSecrets = former.subtracting(secrets.keys).sorted()
        source.isChanged =
            SourceDigest.isChanged(from: known[""], to: first) || !source.changedSecrets.isEmpty
            || !source.droppedSecrets.isEmpty
        return .success(source)
    }

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
