/// Types of conditions. They are API: documented in `docs/conditions.md`, never removed silently.
package enum ConditionType {
    package static let ready = "Ready"
    package static let accepted = "Accepted"
    package static let reconciling = "Reconciling"
    package static let stalled = "Stalled"
    package static let entriesSynced = "EntriesSynced"
    package static let parentResolved = "ParentResolved"
    package static let identityResolved = "IdentityResolved"
    package static let policySynced = "PolicySynced"
    package static let authRolesSynced = "AuthRolesSynced"
    package static let databaseRolesSynced = "DatabaseRolesSynced"
    package static let mountSynced = "MountSynced"
    package static let configurationSynced = "ConfigurationSynced"
}
