package import LanyardAPI

/// One registration entry that should exist, and what it is for.
package struct DesiredEntry: Equatable, Sendable {
    /// The entry.
    package var entry: RegistrationEntry
    /// Name of the node that it is for; nil with placement `Cluster`.
    package var node: String?
    /// Name of the pod that it is for; nil with other placements than `Pod`.
    package var pod: String?

    /// Describes an entry.
    package init(entry: RegistrationEntry, node: String? = nil, pod: String? = nil) {
        self.entry = entry
        self.node = node
        self.pod = pod
    }
}
