package import LanyardAPI

/// Marks an entry that an accepted identity has taken over from an earlier one of its name: from then on it is its own.
///
/// SPIRE never changes when an entry was created, and has no field for owners. The mark is an expiry some centuries before
/// `OrphanMark`, which changes nothing for workloads either; it says when the identity was created, so that a later one of
/// the name inherits again. It is no difference from an entry that never expires (rule spire-25).
package enum HeirMark {
    /// What the mark of an identity that was created in 1970 is.
    private static let zero = OrphanMark.expiresAt - span
    private static let span: Int64 = 10_000_000_000

    /// The entry with the mark.
    ///
    /// - Parameter createdAt: when the identity was created, in seconds since 1970.
    package static func applied(to entry: RegistrationEntry, createdAt: Int64) -> RegistrationEntry {
        var entry = entry
        entry.expiresAt = zero + min(max(createdAt, 0), span - 1)
        return entry
    }

    /// When the identity was created that took an entry over; nil for one without the mark.
    static func createdAt(_ entry: RegistrationEntry) -> Int64? {
        (zero..<OrphanMark.expiresAt).contains(entry.expiresAt) ? entry.expiresAt - zero : nil
    }

    /// When an entry expires, apart from the mark.
    static func expiry(of entry: RegistrationEntry) -> Int64 { createdAt(entry) == nil ? entry.expiresAt : 0 }
}

extension RegistrationEntry {
    /// Since when an entry is its identity's own, by its creation or by the mark, in seconds since 1970; 0 if that is not known.
    package var ownedSince: Int64 { max(createdAt, HeirMark.createdAt(self) ?? 0) }
}
