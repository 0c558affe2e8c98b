/// Reasons of events about what was done. Failures use the reasons of conditions.
package enum EventReason {
    package static let entryCreated = "EntryCreated"
    package static let entryUpdated = "EntryUpdated"
    package static let policyUpdated = "PolicyUpdated"
    package static let authRoleUpdated = "AuthRoleUpdated"
    package static let databaseRoleUpdated = "DatabaseRoleUpdated"
    package static let driftCorrected = "DriftCorrected"
    package static let driftDetected = "DriftDetected"
    package static let claimed = "Claimed"
    package static let adopted = "Adopted"
    package static let cleanedUp = "CleanedUp"
    package static let cleanupFailed = "CleanupFailed"
    package static let orphaned = "Orphaned"
    package static let undecodable = "Undecodable"
    package static let withdrawn = "Withdrawn"
    package static let annotationIgnored = "AnnotationIgnored"
}
