package import KubernetesModel

/// IDs of the registration entries that Lanyard owns (rule own-1).
///
/// SPIRE has no owner field: an entry is ours if, and only if, its ID has this cluster's prefix.
package enum EntryName {
    /// SPIRE refuses longer IDs (rule own-2).
    private static let limit = 255
    /// How many characters a digest has.
    private static let digestLength = 32
    /// A UID of Kubernetes has 36 characters.
    private static let uidLimit = 64

    /// What the IDs of all entries of a cluster begin with: `lanyard.<cluster>.`.
    package static func prefix(cluster: String) -> String {
        "lanyard.\(cluster)."
    }

    /// ID of an entry of an identity: `lanyard.<cluster>.<namespace>.<name>`, and `_<uid>` of the node or pod that it is for.
    ///
    /// Cluster names and namespaces have no dot, and names no `_`, so different identities have different IDs. Where that is
    /// longer than SPIRE allows, the name is shortened and its digest follows: `<beginning>_<digest>` or
    /// `<beginning>_<digest>_<uid>`, of exactly the longest length. So every ID says by itself whose it is, be there a node
    /// or pod of that UID or not.
    ///
    /// - Parameter uid: of the node or pod; nil with placement `Cluster`.
    package static func forIdentity(_ key: ObjectKey, uid: String? = nil, cluster: String) -> String {
        let name = name(of: key, cluster: cluster)
        guard let uid else { return StableDigest.bounded(name, limit: limit) }
        let suffix = suffix(uid: uid)
        // The longest length is for shortened names.
        if name.utf8.count + suffix.utf8.count < limit { return name + suffix }
        let beginning = name.utf8.prefix(limit - suffix.utf8.count - digestLength - 1)
        return "\(String(decoding: beginning, as: UTF8.self))_\(StableDigest.hexadecimal(of: name))\(suffix)"
    }

    /// What the ID of an entry for a node or pod ends in.
    private static func suffix(uid: String) -> String { "_" + place(uid: uid) }

    /// What stands for the node or pod of a UID in IDs.
    package static func place(uid: String) -> String {
        uid.utf8.count <= uidLimit ? uid : StableDigest.hexadecimal(of: uid)
    }

    /// What an ID has for the node or pod that its entry is for; nil where it is for none.
    package static func place(of id: String) -> String? {
        guard isPlaced(id) else { return nil }
        return id.lastIndex(of: "_").map { String(id[id.index(after: $0)...]) }
    }

    /// Whether an ID says that its entry is for one node or pod.
    static func isPlaced(_ id: String) -> Bool {
        // A shortened ID has its digest in between.
        id.utf8.count { $0 == UInt8(ascii: "_") } > (id.utf8.count == limit ? 1 : 0)
    }

    /// Whether an ID says that its entry is for the node or pod of a UID.
    static func isPlaced(_ id: String, at uid: String) -> Bool { isPlaced(id) && id.hasSuffix(suffix(uid: uid)) }

    /// What the shortened IDs of an identity's entries have after their beginning; nil where no ID of it is shortened.
    package static func digest(of key: ObjectKey, cluster: String) -> String? {
        let name = name(of: key, cluster: cluster)
        return name.utf8.count + uidLimit + 1 < limit ? nil : StableDigest.hexadecimal(of: name)
    }

    private static func name(of key: ObjectKey, cluster: String) -> String {
        "\(prefix(cluster: cluster))\(key.namespace ?? "").\(key.name)"
    }

    /// ID of the cluster's node alias entry; three parts, where identities have at least four.
    package static func nodeAlias(cluster: String) -> String {
        "\(prefix(cluster: cluster))node-alias"
    }

    /// Whether an entry is one of a cluster's own, its node alias included.
    package static func belongs(_ id: String, toCluster cluster: String) -> Bool {
        id.utf8.starts(with: prefix(cluster: cluster).utf8)
    }

    /// Whether the ID is of the form that some Lanyard gives, of this cluster or of another.
    package static func isLanyards(_ id: String) -> Bool { id.utf8.starts(with: "lanyard.".utf8) }

    /// Whom an entry was made for; nil when it is not one of the cluster's own.
    package static func owner(of id: String, cluster: String) -> EntryOwner? {
        guard belongs(id, toCluster: cluster) else { return nil }
        if id == nodeAlias(cluster: cluster) { return .nodeAlias }
        let parts = id.split(separator: "_", maxSplits: 2, omittingEmptySubsequences: false)
        let rest = parts[0].dropFirst(prefix(cluster: cluster).count)
        guard let dot = rest.firstIndex(of: ".") else { return .nobody }
        let namespace = String(rest[..<dot])
        if id.utf8.count == limit, parts.count > 1 {
            return parts[1].utf8.count == digestLength
                ? .shortened(namespace: namespace, digest: String(parts[1])) : .nobody
        }
        let key = ObjectKey(namespace: namespace, name: String(rest[rest.index(after: dot)...]))
        return KubernetesName.isObjectName(key.name) ? .identity(key) : .nobody
    }
}

/// Whom one of our entries was made for.
package enum EntryOwner: Hashable, Sendable {
    /// A WorkloadIdentity whose name is in the ID as it is.
    case identity(ObjectKey)
    /// A WorkloadIdentity with a long name, of which there is the digest.
    case shortened(namespace: String, digest: String)
    /// The operator's configuration, which declares the node alias.
    case nodeAlias
    /// The ID has our prefix, and nothing that Lanyard makes looks like that.
    case nobody

    /// The owner's namespace, where it has one.
    package var namespace: String? {
        switch self {
        case .identity(let key): key.namespace
        case .shortened(let namespace, _): namespace
        case .nodeAlias, .nobody: nil
        }
    }
}

/// The identities that there are, to tell which entries have an owner among them.
package struct EntryOwners: Sendable {
    /// All that may own entries.
    package let keys: Set<ObjectKey>
    private let digests: [String: ObjectKey]
    private let cluster: String

    /// Knows the long names among them by their digests.
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
