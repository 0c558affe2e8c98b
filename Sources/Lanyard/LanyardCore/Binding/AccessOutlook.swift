package import LanyardAPI

/// What keeps a workload from using an access that is as declared in Vault: engines, roles and keys that are not there,
/// auth methods that nobody can log in to, and rights that the operator will lack. Vault would say it only to the workload,
/// or when it is too late.
package struct AccessOutlook: Equatable, Sendable {
    private let policy: ConditionOutcome?
    private let authRoles: ConditionOutcome?
    private let databaseRoles: ConditionOutcome?

    /// Judges by what was seen.
    package init(of access: DesiredAccess, _ sights: AccessSights) {
        policy = Self.summary(
            access.engines.compactMap { need in
                Self.trouble(with: need, sights).map {
                    .fails($0.reason, "\(need.field).\($0.member): \($0.text)")
                }
            })
        authRoles = Self.summary(
            Self.configurationPaths(of: access).filter { sights.existing[$0.path] == false }.map { path, mount in
                .fails(.mountUnconfigured, "\(mount) has no configuration: nobody can log in there")
            })
        databaseRoles = Self.summary(
            Self.revocationPaths(of: access).compactMap { path in
                guard let rights = sights.rights[path],
                    !(AccessSights.allows("update", rights) && AccessSights.allows("sudo", rights))
                else { return nil }
                return .fails(
                    .permissionDenied,
                    "spec.revokeLeasesOnDelete: Vault denies the operator update and sudo on \(path), without which "
                        + "the binding cannot be deleted; lanyard vault-policy prints what to give it")
            })
    }

    /// What a condition says of objects of a kind.
    ///
    /// - Parameter outcome: what became of the objects themselves, which comes first.
    package func over(_ outcome: ConditionOutcome, of kind: VaultObjectKind) -> ConditionOutcome {
        guard outcome.isTrue else { return outcome }
        switch kind {
        case .policy: return policy ?? outcome
        case .authRole: return authRoles ?? outcome
        case .databaseRole: return databaseRoles ?? outcome
        }
    }

    /// The first trouble of all.
    package var trouble: ConditionOutcome? { databaseRoles ?? policy ?? authRoles }

    // MARK: - What is to be seen

    /// What has to be read, each once.
    package static func readPaths(of access: DesiredAccess) -> [String] {
        let engines = access.engines.isEmpty ? [] : [AccessSights.listingPath] + access.engines.compactMap(\.path)
        return engines + configurationPaths(of: access).map(\.path)
    }

    /// What the operator's rights have to be known at.
    package static func revocationPaths(of access: DesiredAccess) -> [String] {
        guard access.revokesLeases else { return [] }
        return access.databaseRoles.compactMap { DatabaseLeases(ofRoleAt: $0.path)?.revocationPath }
    }

    private static func configurationPaths(of access: DesiredAccess) -> [(path: String, mount: String)] {
        [access.kubernetesRole?.path, access.jwtRole?.path].compactMap { $0.flatMap(configuration(ofRoleAt:)) }
    }

    /// Where the auth method of an auth role has its configuration.
    static func configuration(ofRoleAt path: String) -> (path: String, mount: String)? {
        guard let end = path.firstRange(of: "/role/") else { return nil }
        let mount = String(path[..<end.lowerBound])
        return ("\(mount)/config", mount)
    }

    // MARK: - What is wrong

    /// What is wrong with what an entry takes for granted.
    package struct Trouble: Equatable, Sendable {
        /// What a condition says.
        package let reason: Reason
        /// The member of the entry that is wrong: `mount`.
        package let member: String
        /// The rest, for people.
        package let text: String
    }

    /// What is wrong with what one entry takes for granted; nil when nothing is, or when it was not seen.
    package static func trouble(with need: EngineNeed, _ sights: AccessSights) -> Trouble? {
        guard sights.engines != nil else { return missingTarget(of: need, sights) }
        let missing = Trouble(
            reason: .mountMissing, member: "mount", text: "no engine is mounted at \(need.mount)")
        guard let (mount, engine) = sights.engine(at: need.mount) else { return missing }
        if engine.type != need.type {
            // What has another name may be of that type all the same, as external plugins are.
            guard builtInTypes.contains(engine.type) else { return nil }
            let text = "the engine at \(mount) is of type \(engine.type), not \(need.type)"
            return Trouble(reason: .mountMismatch, member: "mount", text: text)
        }
        switch need.engine {
        case .kv(let version) where engine.version != version:
            let text = "the engine at \(mount) is of version \(engine.version), not \(version)"
            return Trouble(reason: .mountMismatch, member: "version", text: text)
        case .kv(1):
            // Paths of version 1 are plain: what looks like a part of the mount is one of the path.
            return nil
        case .kv, .pki, .transit:
            return mount == need.mount ? missingTarget(of: need, sights) : missing
        }
    }

    private static func missingTarget(of need: EngineNeed, _ sights: AccessSights) -> Trouble? {
        guard let path = need.path, sights.existing[path] == false else { return nil }
        switch need.engine {
        case .kv: return nil
        case .pki: return Trouble(reason: .targetMissing, member: "role", text: "there is no PKI role \(path)")
        case .transit: return Trouble(reason: .targetMissing, member: "key", text: "there is no transit key \(path)")
        }
    }

    /// Types that servers bring along, whose names mean what they say.
    private static let builtInTypes: Set<String> = [
        "kv", "pki", "transit", "database", "ssh", "totp", "cubbyhole", "identity", "system", "kubernetes", "ldap",
        "openldap", "ad", "aws", "azure", "gcp", "gcpkms", "alicloud", "consul", "nomad", "rabbitmq", "terraform",
        "mongodbatlas", "keymgmt", "kmip", "transform",
    ]

    private static func summary(_ troubles: [ConditionOutcome]) -> ConditionOutcome? {
        guard let first = troubles.first else { return nil }
        let shown = troubles.prefix(3).map(\.message).joined(separator: "; ")
        let more = troubles.count > 3 ? "; and \(troubles.count - 3) more" : ""
        return .fails(first.reason, shown + more)
    }
}
