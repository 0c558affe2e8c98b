import KubernetesModel

/// Which objects are outside of their boundaries, counted by namespace as passes find out. Pure.
struct VerdictTally: Sendable {
    /// An object of some kind.
    struct Subject: Hashable, Sendable {
        let kind: String
        let key: ObjectKey
    }

    /// The objects of a namespace.
    struct Count: Equatable, Sendable {
        var resources = 0
        var violating = 0
    }

    private var verdicts: [Subject: Bool] = [:]
    private var counts: [String: Count] = [:]
    /// Namespaces whose counts changed since somebody read them.
    private var unread: Set<String> = []

    /// Notes a verdict, or that an object is gone.
    ///
    /// - Parameter isOutside: nil when it is gone.
    /// - Returns: whether somebody should read the counts of its namespace, who was not told to before.
    mutating func note(_ subject: Subject, isOutside: Bool?) -> Bool {
        let before = verdicts[subject]
        guard before != isOutside else { return false }
        verdicts[subject] = isOutside
        let namespace = subject.key.namespace ?? ""
        var count = counts[namespace, default: Count()]
        count.resources += (isOutside == nil ? 0 : 1) - (before == nil ? 0 : 1)
        count.violating += (isOutside == true ? 1 : 0) - (before == true ? 1 : 0)
        counts[namespace] = count == Count() ? nil : count
        return unread.insert(namespace).inserted
    }

    /// Reads the counts of some namespaces, added up.
    mutating func read(_ namespaces: Set<String>) -> Count {
        unread.subtract(namespaces)
        return namespaces.reduce(into: Count()) { sum, namespace in
            guard let count = counts[namespace] else { return }
            sum.resources += count.resources
            sum.violating += count.violating
        }
    }

    /// Whether nothing is known of a namespace.
    func isEmpty(of namespace: String) -> Bool { counts[namespace] == nil }
}
