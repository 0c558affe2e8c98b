import LanyardCore

/// What boundaries come to in the namespaces that were asked about, found out once for the labels of each.
struct NamespaceBoundaries: Sendable {
    /// How many patterns are prepared in all namespaces together, at about 0.4 KiB each: there can be any number of namespaces.
    /// What has no room each check fills.
    static let limit = 20_000

    private struct Known: Sendable {
        let labels: [String: String]?
        let boundary: EffectiveBoundary
    }

    private let set: BoundarySet
    private let limit: Int
    private var known: [String: Known] = [:]
    /// How many patterns are prepared.
    private(set) var preparedCount = 0

    /// Knows nothing of namespaces yet.
    init(_ set: BoundarySet, limit: Int = NamespaceBoundaries.limit) {
        self.set = set
        self.limit = limit
    }

    /// What a namespace is allowed.
    ///
    /// - Parameter labels: the namespace's; nil while they are not known.
    mutating func effective(inNamespace namespace: String, labels: [String: String]?) -> EffectiveBoundary {
        if let found = known[namespace], found.labels == labels { return found.boundary }
        remove(namespace)
        let boundary = set.effective(inNamespace: namespace, labels: labels, preparing: limit - preparedCount)
        known[namespace] = Known(labels: labels, boundary: boundary)
        preparedCount += boundary.preparedCount
        return boundary
    }

    /// Forgets a namespace in which there is nothing.
    mutating func remove(_ namespace: String) {
        preparedCount -= known.removeValue(forKey: namespace)?.boundary.preparedCount ?? 0
    }
}
