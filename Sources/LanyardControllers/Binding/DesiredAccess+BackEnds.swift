import LanyardCore

extension DesiredAccess {
    /// What is behind Vault for the objects that something is, by their paths: the connections of database roles.
    var backEnds: [String: String] {
        Dictionary(
            databaseRoles.map { ($0.path, $0.connectionPath ?? $0.mount) }, uniquingKeysWith: { first, _ in first })
    }
}
