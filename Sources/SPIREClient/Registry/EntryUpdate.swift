package import LanyardAPI

/// A change of an entry in place.
package struct EntryUpdate: Equatable, Sendable {
    /// The entry as it shall be; what is not in `fields` is not looked at.
    package var entry: RegistrationEntry
    package var fields: Set<EntryField>

    /// Describes a change.
    package init(_ entry: RegistrationEntry, fields: Set<EntryField>) {
        self.entry = entry
        self.fields = fields
    }
}
