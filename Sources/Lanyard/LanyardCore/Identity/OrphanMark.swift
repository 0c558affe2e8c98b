package import LanyardAPI

/// Marks an entry that its author left behind on purpose (`deletionPolicy: Orphan`), so that the sweep spares it.
///
/// SPIRE has no field for owners. The mark is an expiry at the end of the year 9999, which Lanyard never sets otherwise and
/// which changes nothing for workloads. An identity of the same name later finds its entry and removes the mark.
package enum OrphanMark {
    /// 9999-12-31T23:59:59Z, in seconds since 1970.
    package static let expiresAt: Int64 = 253_402_300_799

    /// The entry with the mark.
    package static func applied(to entry: RegistrationEntry) -> RegistrationEntry {
        var entry = entry
        entry.expiresAt = expiresAt
        return entry
    }

    /// Whether an entry has the mark.
    package static func isOn(_ entry: RegistrationEntry) -> Bool { entry.expiresAt == expiresAt }
}
