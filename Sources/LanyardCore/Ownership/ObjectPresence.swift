/// What a successful read of a Vault object found, compared with what is wanted.
package enum ObjectPresence: Equatable, Sendable {
    /// Vault says that it does not exist.
    case absent
    /// It exists; these managed fields differ (none: it is as wanted).
    case present(differences: [FieldDifference])
}
