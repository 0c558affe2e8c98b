import KubernetesModel
package import LanyardAPI

/// What a VaultRoleBinding becomes in Vault.
package struct DesiredAccess: Equatable, Sendable {
    /// Name of the auth role.
    package var roleName: String
    /// Name of the ACL policy.
    package var policyName: String
    /// The ServiceAccounts that may log in, sorted; empty while the identity is not known.
    package var serviceAccounts: [String]
    /// The identity's SPIFFE ID, if the binding refers to an identity that is known.
    package var spiffeID: SPIFFEID?
    /// The ACL policy without what the database roles add to it: what `spec.access` grants.
    package var accessPolicy: VaultPolicy
    /// The role at the Kubernetes auth method; nil when it is not enabled.
    package var kubernetesRole: DesiredKubernetesRole?
    /// The role at the JWT auth method; nil when it is not asked for.
    package var jwtRole: DesiredJWTRole?
    /// In the order of the spec.
    package var databaseRoles: [DesiredDatabaseRole] = []
    /// What happens to changes by hand.
    package var driftPolicy: DriftPolicy = .correct
    /// What happens in Vault when the binding is deleted. `Orphan` needs a boundary that allows it.
    package var deletionPolicy: DeletionPolicy = .delete
    /// Whether objects that exist unowned are taken over: asked for by annotation and allowed by a boundary.
    package var adoptsExisting = false
    /// Whether the leases of its database roles are revoked when it is deleted.
    package var revokesLeases = false
    /// What `spec.access` takes for granted of secrets engines.
    package var engines: [EngineNeed] = []
    /// Whether a boundary would allow it, if it were asked for.
    package var mayAdopt = false
    /// How the names begin that are the namespace's own by what they say; empty where none are.
    package var namePrefix = ""
}

extension DesiredAccess {
    /// The API path of the ACL policy.
    package var policyPath: String { "sys/policies/acl/\(policyName)" }

    /// The API paths of its objects, in the order in which they are made: database roles, policy, auth roles.
    package var objectPaths: [String] {
        databaseRoles.map(\.path) + [policyPath] + [kubernetesRole?.path, jwtRole?.path].compactMap { $0 }
    }

    /// The whole ACL policy, as it is when every database role is in place. One that is not defined gives nothing.
    package var policy: VaultPolicy { policy(granting: databaseRoles.filter { $0.role.object != nil }) }

    /// The ACL policy with the credentials of some of the database roles.
    func policy(granting roles: [DesiredDatabaseRole]) -> VaultPolicy {
        let rules = roles.map { PolicyRule.credentials(at: $0.credentialsPath) }
        return VaultPolicy(
            document: PolicyDocument(merging: accessPolicy.document.rules + rules), comment: accessPolicy.comment)
    }

    /// What its owner has to hold in the ledger: the objects, and the database users of static roles.
    package var claimPaths: [String] { objectPaths + databaseRoles.compactMap(\.userClaim) }

    /// The templates that it was made from, each once, sorted by name.
    package var templates: [VaultRoleBindingStatus.TemplateVersion] {
        Set(databaseRoles.compactMap(\.template)).sorted { $0.name < $1.name }
    }
}

extension DesiredAccess {
    /// How long the tokens of its logins may live.
    package var tokenLife: Int {
        let lives = [kubernetesRole?.role.token.life, jwtRole?.role.token.life].compactMap { $0 }
        return lives.dropFirst().reduce(lives.first ?? TokenLife.serverDefault) { TokenLife.longer($0, $1) }
    }
}

extension DesiredAccess {
    /// How its objects are known without the ledger.
    package var ownWork: OwnWork {
        let comment = accessPolicy.comment
        let end = comment.firstRange(of: ". ")?.lowerBound ?? comment.endIndex
        return OwnWork(namePrefix: namePrefix, mark: String(comment[..<end]))
    }
}

extension DesiredAccess {
    /// Whether something of it is in a mount, or gives access to it: `auth/kubernetes`, `secret`.
    package func uses(_ mountPath: String) -> Bool {
        let prefix = "\(mountPath)/"
        let paths = [kubernetesRole?.path, jwtRole?.path].compactMap { $0 } + databaseRoles.map(\.path)
        return (paths + accessPolicy.document.rules.map(\.path)).contains { $0.hasPrefix(prefix) }
    }
}

extension DesiredAccess {
    /// A short stand-in for all that shall be in Vault, the same in every process that plans the same. What has no part in
    /// it (what is done about changes by hand, or at the end) may change without anything being written.
    ///
    /// Nil where there is none; then nothing is taken for converged.
    package var digest: String? {
        var objects: [(path: String, body: JSONValue)] = databaseRoles.map { (path: $0.path, body: $0.role.body) }
        objects.append((path: policyPath, body: policy.body))
        if let role = kubernetesRole { objects.append((path: role.path, body: role.role.body)) }
        if let role = jwtRole { objects.append((path: role.path, body: role.role.body)) }
        var text = ""
        for object in objects.sorted(by: { $0.path < $1.path }) {
            guard let body = try? JSON.encode(object.body) else { return nil }
            // Neither has a line break: a path is of plain characters, and JSON escapes them.
            text += "\(object.path)\n\(String(decoding: body, as: UTF8.self))\n"
        }
        return StableDigest.hexadecimal(of: text)
    }
}
