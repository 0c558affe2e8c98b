import KubernetesModel
package import LanyardAPI

/// What a VaultMount becomes in Vault.
package struct DesiredMount: Equatable, Sendable {
    /// Where it is mounted.
    package var location: MountLocation
    /// What the listing shows of it: type, description, lease times.
    package var settings: MountSettings
    /// What is below it, in the order in which it is made.
    package var objects: [DesiredMountObject] = []
    /// The certificate authority of a PKI engine, if the operator is to make it.
    package var authority: CertificateAuthority?
    /// What happens to changes by hand.
    package var driftPolicy: DriftPolicy = .correct
    /// What happens in Vault when the VaultMount is deleted.
    package var deletionPolicy: DeletionPolicy = .orphan
    /// Whether what exists unowned and differs is taken over: asked for by annotation.
    package var adoptsExisting = false
}

extension DesiredMount {
    /// What its owner has to hold in the ledger, in the order in which it is made.
    package var claimPaths: [String] {
        [location.claimPath] + objects.map(\.path) + (authority.map { [$0.claimPath] } ?? [])
    }

    /// What has to be read beside the listing. Below a mount that is not in the listing there is nothing to read.
    package var readPaths: [String] {
        Set(objects.map(\.path) + (authority.map { [$0.claimPath, $0.keysPath] } ?? [])).sorted()
    }

    /// What has to be read next: the issuer of a PKI engine, to which the server answers with an error while there is none; then
    /// the key of one that another engine has signed and that has no name yet.
    ///
    /// - Parameter lookups: what the reads before came to.
    package func followingReadPath(after lookups: [String: ObjectLookup]) -> String? {
        guard let authority, case .found(.some(let issuers)) = lookups[authority.claimPath],
            issuers["default"]?.string?.isEmpty == false
        else { return nil }
        guard let issuer = lookups[authority.issuerPath] else { return authority.issuerPath }
        guard authority.signer != nil, case .found(.some(let data)) = issuer, let key = data["key_id"]?.string,
            !key.isEmpty, data["issuer_name"]?.string?.isEmpty != false, lookups[authority.keyPath(key)] == nil
        else { return nil }
        return authority.keyPath(key)
    }

    /// The entries of Secrets that have to be looked at, sorted.
    package var secretKeys: [SecretKey] { Set(objects.flatMap(\.source.secretKeys)).sorted() }

    /// Whether the keys of SPIRE's bundle have to be known.
    package var needsTrustKeys: Bool { objects.contains { $0.source == .trustKeys } }
}

/// Something below a mount that shall be as declared.
package struct DesiredMountObject: Equatable, Sendable {
    /// Decides which condition speaks of it.
    package var kind: MountObjectKind
    /// The API path under which it is claimed, read and written.
    package var path: String
    /// The object, for messages: `connection temporal-postgres`.
    package var title: String
    /// How it shall be, as far as the spec says it.
    package var object: MountedObject
    /// What the spec only refers to.
    package var source: MountSource = .spec
}

/// The kinds of things that a VaultMount keeps in Vault.
package enum MountObjectKind: CaseIterable, Equatable, Sendable {
    /// The mount with its settings.
    case mount
    /// The configuration of an auth method.
    case authConfiguration
    /// A connection of a database engine.
    case connection
    /// The addresses that certificates carry.
    case urls
    /// The certificate authority of a PKI engine.
    case authority
    /// A role of a PKI engine.
    case role

    /// The condition that speaks of it.
    package var conditionType: String {
        self == .mount ? ConditionType.mountSynced : ConditionType.configurationSynced
    }
}
