import LanyardAPI

/// The entries that an identity should have where its pods run now.
package struct DesiredEntries: Equatable, Sendable {
    /// What should exist, by ID in order.
    package var entries: [DesiredEntry]
    /// What cannot be planned now, by ID in order: if such an entry exists, it stays as it is, unless it is forbidden.
    package var withheld: [WithheldEntry]

    /// Gathers entries.
    package init(entries: [DesiredEntry] = [], withheld: [WithheldEntry] = []) {
        self.entries = entries.sorted { $0.entry.id < $1.entry.id }
        self.withheld = withheld.sorted { $0.id < $1.id }
    }

    /// The IDs of what must not stay where it exists.
    package var forbidden: Set<String> { Set(withheld.lazy.filter { !$0.keepsExisting }.map(\.id)) }
}

/// An entry that should exist and cannot be planned now: a label that its name needs is missing, or its node is not known
/// yet. What exists is never deleted for that, except for a name outside of a boundary that says `onViolation: Withdraw`, and
/// for the operator's own SPIFFE ID.
package struct WithheldEntry: Equatable, Sendable {
    /// The ID that it has or would have.
    package let id: String
    /// Whether somebody has to change something; otherwise time heals it.
    package let needsIntervention: Bool
    /// Why, in a sentence that names the node or pod.
    package let message: String
    /// Whether an entry that exists stays.
    package let keepsExisting: Bool

    /// Says why an entry is withheld.
    package init(id: String, needsIntervention: Bool, message: String, keepsExisting: Bool = true) {
        self.id = id
        self.needsIntervention = needsIntervention
        self.message = message
        self.keepsExisting = keepsExisting
    }
}
