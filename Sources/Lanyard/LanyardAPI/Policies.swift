/// What happens when something was changed by hand.
package enum DriftPolicy: String, Codable, CaseIterable, Sendable {
    /// It is put back.
    case correct = "Correct"
    /// It is only reported.
    case report = "Report"
}

/// What happens to what was made for an object when the object is deleted.
package enum DeletionPolicy: String, Codable, CaseIterable, Sendable {
    /// It is deleted together with the object.
    case delete = "Delete"
    /// It stays behind, unowned.
    case orphan = "Orphan"
}

/// What happens where Vault cannot change a database role in place.
package enum RecreatePolicy: String, Codable, CaseIterable, Sendable {
    /// It is only reported.
    case report = "Report"
    /// The role is deleted and made anew: its leases may be revoked, a static role's password changes.
    case recreate = "Recreate"
}
