package import KubernetesModel
package import LanyardAPI

/// What the deletion of a VaultMount does in Vault. Pure; the caller reads and deletes.
///
/// It goes by the claims alone, so that a spec that became invalid is no obstacle. Nothing is deleted that is not
/// claimed, and a mount is disabled only if it is the very one that was enabled under the claim.
package struct MountDeletion: Equatable, Sendable {
    /// What is disabled, with everything in it: `sys/mounts/database`.
    package var disabled: String?
    /// What is deleted, in order.
    package var deleted: [String]
    /// What stays behind, sorted.
    package var left: [String]

    /// The listing that has to be read first; nil when nothing has to be known.
    package static func listingPath(for claims: [OwnershipRecord.Claim], policy: DeletionPolicy) -> String? {
        policy == .orphan ? nil : location(of: claims)?.listingPath
    }

    /// Decides for each claim whether it is deleted or left behind.
    ///
    /// - Parameters:
    ///   - claims: what the VaultMount holds.
    ///   - listing: what `listingPath` holds.
    ///   - policy: what the VaultMount says, or `Orphan`.
    ///   - ownerUID: the UID of the VaultMount.
    package static func make(
        of claims: [OwnershipRecord.Claim], listing: JSONValue?, policy: DeletionPolicy, ownerUID: String
    ) -> MountDeletion {
        let paths = claims.map(\.path).sorted()
        guard policy == .delete, let location = location(of: claims), let entry = listing?[location.listingKey] else {
            // A mount that is gone takes everything with it.
            return MountDeletion(disabled: nil, deleted: [], left: policy == .delete && listing != nil ? [] : paths)
        }
        let made = claims.first { $0.path == location.claimPath }?.accessor
        let isRecorded = made?.isEmpty == false && entry["accessor"]?.string == made
        if isRecorded || MountSettings.isMarked(entry, by: ownerUID) {
            return MountDeletion(disabled: location.claimPath, deleted: [], left: [])
        }
        let deleted = paths.filter { isDeletable($0, in: location, type: entry["type"]?.string) }
        return MountDeletion(disabled: nil, deleted: deleted, left: paths.filter { !deleted.contains($0) })
    }

    private static func location(of claims: [OwnershipRecord.Claim]) -> MountLocation? {
        claims.lazy.compactMap { MountLocation(claimPath: $0.path) }.first
    }

    /// Whether it is something of its own in a mount that stays: roles and connections, but no settings of the mount.
    private static func isDeletable(_ path: String, in location: MountLocation, type: String?) -> Bool {
        let collection: String
        switch type.flatMap(VaultMountType.init) {
        case .pki: collection = "roles"
        case .database: collection = "config"
        case .kubernetes, .jwt, .kv, nil: return false
        }
        let prefix = "\(location.mountPath)/\(collection)/"
        return path.hasPrefix(prefix) && VaultName.violation(inReference: String(path.dropFirst(prefix.count))) == nil
    }
}
