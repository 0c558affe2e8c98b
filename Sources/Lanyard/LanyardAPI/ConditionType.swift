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

/// Reasons of conditions. They are API: documented in `docs/conditions.md`, never removed silently.
package enum Reason: String, CaseIterable, Sendable {
    // Ready
    case ready = "Ready"
    case paused = "Paused"
    // Accepted
    case accepted = "Accepted"
    case invalidSpec = "InvalidSpec"
    case outsideBoundary = "OutsideBoundary"
    // Synced conditions
    case synced = "Synced"
    case pending = "Pending"
    case conflict = "Conflict"
    case driftDetected = "DriftDetected"
    case rejected = "Rejected"
    case permissionDenied = "PermissionDenied"
    case deleted = "Deleted"
    // EntriesSynced
    case federatedBundleMissing = "FederatedBundleMissing"
    case spireUnavailable = "SPIREUnavailable"
    // ParentResolved
    case resolved = "Resolved"
    case noLiveAgents = "NoLiveAgents"
    case parentNotFound = "ParentNotFound"
    case agentIDMismatch = "AgentIDMismatch"
    case unknown = "Unknown"
    // IdentityResolved
    case identityNotFound = "IdentityNotFound"
    case identityNotReady = "IdentityNotReady"
    // PolicySynced, AuthRolesSynced, DatabaseRolesSynced
    case mountMissing = "MountMissing"
    case mountMismatch = "MountMismatch"
    case mountUnconfigured = "MountUnconfigured"
    case targetMissing = "TargetMissing"
    case connectionMissing = "ConnectionMissing"
    case roleNotAllowedByConnection = "RoleNotAllowedByConnection"
    case templateMissing = "TemplateMissing"
    case needsRecreate = "NeedsRecreate"
    // ConfigurationSynced
    case secretMissing = "SecretMissing"
    // MountSynced
    case mountInUse = "MountInUse"
    // All that speak of Vault
    case vaultSealed = "VaultSealed"
    case vaultUnavailable = "VaultUnavailable"
    case rateLimited = "RateLimited"
    case timedOut = "TimedOut"
    // Reconciling
    case retrying = "Retrying"
}
