/// What a successful read of a Vault object found, compared with what is wanted.
package enum ObjectPresence: Equatable, Sendable {
    /// Vault says that it does not exist.
    case absent
    /// It exists.
    ///
    /// - Parameters:
    ///   - differences: managed fields that differ; none: it is as wanted.
    ///   - unchangeable: those of them that only a new object would make right.
    case present(differences: [FieldDifference], unchangeable: [FieldDifference] = [])
}
