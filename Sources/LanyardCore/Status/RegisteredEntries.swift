package import LanyardAPI

/// The entries of an identity that exist, as the status shows them.
package struct RegisteredEntries: Equatable, Sendable {
    /// How many of them the status names; it gives the number of all.
    package static let shown = 20

    package let count: Int
    /// The first of them by ID.
    package let first: [DesiredEntry]
    /// The parent of all that are wanted; nil when they have several, or none is wanted.
    package let parentID: SPIFFEID?

    /// Sums entries up.
    ///
    /// - Parameters:
    ///   - registered: those that exist, by ID in order.
    ///   - wanted: those that should exist.
    ///   - count: how many exist, with those that are kept for a while; nil when there are no others.
    package init(_ registered: [DesiredEntry], of wanted: [DesiredEntry], count: Int? = nil) {
        self.count = count ?? registered.count
        first = Array(registered.prefix(Self.shown))
        let parent = wanted.first?.entry.parentID
        parentID = wanted.allSatisfy { $0.entry.parentID == parent } ? parent : nil
    }
}
