import LanyardAPI

/// The kinds of things that a VaultMount keeps in Vault.
package enum MountObjectKind: Equatable, Sendable {
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
