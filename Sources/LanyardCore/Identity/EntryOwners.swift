package import KubernetesModel

/// The identities that there are, to tell which entries have an owner among them.
package struct EntryOwners: Sendable {
    /// The identities.
    package let keys: Set<ObjectKey>
    private let digests: [String: ObjectKey]
    private let cluster: String

    /// Gathers identities.
    package init(keys: Set<ObjectKey>, cluster: String) {
        self.keys = keys
        self.cluster = cluster
        digests = keys.reduce(into: [:]) { digests, key in
            if let digest = EntryName.digest(of: key, cluster: cluster) { digests[digest] = key }
        }
    }

    /// Which of them an entry was made for; nil when it is none of them, whosever it is.
    package func key(of id: String) -> ObjectKey? {
        switch EntryName.owner(of: id, cluster: cluster) {
        case .identity(let key): keys.contains(key) ? key : nil
        case .shortened(let namespace, let digest):
            digests[digest].flatMap { $0.namespace == namespace ? $0 : nil }
        case .nodeAlias, .nobody, nil: nil
        }
    }
}
