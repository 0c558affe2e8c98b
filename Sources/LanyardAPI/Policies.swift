/// What happens when something was changed by hand.
package enum DriftPolicy: String, Codable, Sendable {
    /// It is put back.
    case correct = "Correct"
    /// It is only reported.
    case report = "Report"
}

/// What happens to what was made for an object when the object is deleted.
package enum DeletionPolicy: String, Codable, Sendable {
    /// It is deleted.
    case delete = "Delete"
    /// It stays behind, unowned.
    case orphan = "Orphan"
}
