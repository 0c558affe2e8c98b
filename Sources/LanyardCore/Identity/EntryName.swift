package import KubernetesModel

/// IDs of the registration entries that Lanyard owns (DESIGN §3.2).
///
/// SPIRE has no owner field: an entry is ours if, and only if, its ID has this cluster's prefix.
package enum EntryName {
    /// SPIRE refuses longer IDs (spire.md §2.2).
    private static let limit = 255
    /// How much of a name is left in a shortened ID.
    private static let beginning = StableDigest.beginningLength(limit: limit)

    /// What the IDs of all entries of a cluster begin with: `lanyard.<cluster>.`.
    package static func prefix(cluster: String) -> String {
        "lanyard.\(cluster)."
    }

    /// ID of an entry of an identity: `lanyard.<cluster>.<namespace>.<name>`, and `_<uid>` of the node or pod that it is for.
    ///
    /// Cluster names and namespaces have no dot, and names no `_`, so different identities have different IDs. A longer one
    /// than SPIRE allows ends in a digest.
    ///
    /// - Parameter uid: of the node or pod; nil with placement `Cluster`.
    package static func forIdentity(_ key: ObjectKey, uid: String? = nil, cluster: String) -> String {
        let name = "\(prefix(cluster: cluster))\(key.namespace ?? "").\(key.name)"
        return StableDigest.bounded(uid.map { "\(name)_\($0)" } ?? name, limit: limit)
    }

    /// ID of the cluster's node alias entry; three parts, where identities have at least four.
    package static func nodeAlias(cluster: String) -> String {
        "\(prefix(cluster: cluster))node-alias"
    }

    /// Whether an entry is one of a cluster's own, its node alias included.
    package static func belongs(_ id: String, toCluster cluster: String) -> Bool {
        id.utf8.starts(with: prefix(cluster: cluster).utf8)
    }

    /// Whom an entry was made for, as far as its ID tells; nil when it is not one of the cluster's own.
    package static func owner(of id: String, cluster: String) -> EntryOwner? {
        guard belongs(id, toCluster: cluster) else { return nil }
        if id == nodeAlias(cluster: cluster) { return .nodeAlias }
        let name = id.prefix { $0 != "_" }
        if id.utf8.count == limit, name.utf8.count == beginning { return .identityBeginning(String(name)) }
        let rest = name.dropFirst(prefix(cluster: cluster).count)
        guard let dot = rest.firstIndex(of: ".") else { return .nobody }
        let key = ObjectKey(namespace: String(rest[..<dot]), name: String(rest[rest.index(after: dot)...]))
        return KubernetesName.isObjectName(key.name) ? .identity(key) : .nobody
    }

    /// The part of a Node or Pod entry's ID that tells entries of one identity apart; nil for a shortened ID, too.
    package static func uid(in id: String) -> String? {
        guard id.utf8.count < limit, let mark = id.firstIndex(of: "_") else { return nil }
        return String(id[id.index(after: mark)...])
    }
}

/// Whom one of our entries was made for.
package enum EntryOwner: Hashable, Sendable {
    /// A WorkloadIdentity.
    case identity(ObjectKey)
    /// A WorkloadIdentity whose shortened entry IDs begin with this text: there may be several.
    case identityBeginning(String)
    /// The operator's configuration.
    case nodeAlias
    /// The ID has our prefix, and nothing that Lanyard makes looks like that.
    case nobody

    /// Whether it can have been made for an identity.
    package func canBe(_ key: ObjectKey, cluster: String) -> Bool {
        switch self {
        case .identity(let owner): owner == key
        case .identityBeginning(let text):
            "\(EntryName.prefix(cluster: cluster))\(key.namespace ?? "").\(key.name)".hasPrefix(text)
        case .nodeAlias, .nobody: false
        }
    }
}
