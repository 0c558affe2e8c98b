package import KubernetesModel

/// IDs of the registration entries that Lanyard owns (DESIGN §3.2).
///
/// SPIRE has no owner field: an entry is ours if, and only if, its ID has this cluster's prefix.
package enum EntryName {
    /// SPIRE refuses longer IDs (spire.md §2.2).
    private static let limit = 255

    /// What the IDs of all entries of a cluster begin with: `lanyard.<cluster>.`.
    package static func prefix(cluster: String) -> String {
        "lanyard.\(cluster)."
    }

    /// ID of the one entry of an identity with placement `Cluster`: `lanyard.<cluster>.<namespace>.<name>`.
    ///
    /// Cluster names and namespaces have no dot, so different identities have different IDs. A longer one than
    /// SPIRE allows ends in a digest.
    package static func forIdentity(_ key: ObjectKey, cluster: String) -> String {
        StableDigest.bounded("\(prefix(cluster: cluster))\(key.namespace ?? "").\(key.name)", limit: limit)
    }

    /// ID of the cluster's node alias entry; three parts, where identities have at least four.
    package static func nodeAlias(cluster: String) -> String {
        "\(prefix(cluster: cluster))node-alias"
    }

    /// Whether an entry is one of a cluster's own, its node alias included.
    package static func belongs(_ id: String, toCluster cluster: String) -> Bool {
        id.utf8.starts(with: prefix(cluster: cluster).utf8)
    }
}
