package import LanyardAPI

/// One registration entry that should exist, and what it is for.
package struct DesiredEntry: Equatable, Sendable {
    /// The entry.
    package var entry: RegistrationEntry
    /// Name of the node that it is for; nil with placement `Cluster`.
    package var node: String?
    /// Name of the pod that it is for; nil with other placements than `Pod`.
    package var pod: String?
    /// Since when its node and a pod there have been waiting for it, in seconds since 1970; nil when that is not known.
    package var awaitedSince: Int64?

    /// Describes an entry.
    package init(entry: RegistrationEntry, node: String? = nil, pod: String? = nil, awaitedSince: Int64? = nil) {
        self.entry = entry
        self.node = node
        self.pod = pod
        self.awaitedSince = awaitedSince
    }
}
