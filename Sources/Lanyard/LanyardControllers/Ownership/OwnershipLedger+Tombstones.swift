import KubernetesModel
package import LanyardAPI
import LanyardCore
import Synchronization

/// Names of policies that are not handed on to another namespace while tokens of their former owner live (threat T20).
extension OwnershipLedger {
    /// Who had a name, and until when it is reserved for that one's namespace; nil when an owner may have it.
    ///
    /// - Parameters:
    ///   - path: what the owner wants.
    ///   - namespaceUID: the UID of its namespace; nil while that is not known, and then names are compared.
    package func tombstone(
        on path: String, for owner: OwnershipRecord.Owner, namespaceUID: String?
    ) -> (former: OwnershipRecord.Owner, tombstone: OwnershipRecord.Tombstone)? {
        let now = clock.wallTime
        return index.withLock { $0.tombstones(on: path) }
            .filter { grave in
                guard grave.tombstone.isInForce(at: now) else { return false }
                guard let namespaceUID, let uid = grave.tombstone.namespaceUID else {
                    return grave.former.namespace != owner.namespace
                }
                return uid != namespaceUID
            }
            // The one that lasts longest; of two, always the same.
            .max { left, right in
                (left.tombstone.until ?? "~", left.former.name) < (right.tombstone.until ?? "~", right.former.name)
            }
    }

    /// Whether a name is reserved for somebody.
    func isReserved(_ path: String) -> Bool {
        let now = clock.wallTime
        return index.withLock { $0.tombstones(on: path) }.contains { $0.tombstone.isInForce(at: now) }
    }

    /// Whether a namespace has room for a name, which is kept when the owner gives that up. Whoever makes bindings only to
    /// delete them has no more names kept than that, whatever the bindings are called (threat T20).
    ///
    /// What is claimed is never refused its tombstone, or it could not be let go of; of the others in the namespace it does
    /// not count, so that many bindings can be there at once.
    ///
    /// - Parameter namespaceUID: of the owner's namespace; nil while that is not known, and then its name tells.
    func hasRoom(for path: String, of owner: OwnershipRecord.Owner, namespaceUID: String?) -> Bool {
        guard OwnershipRecord.Tombstone.isLeft(at: path) else { return true }
        let now = clock.wallTime
        let own = record(of: owner)
        // A name that it has given up before takes its old place.
        if own?.spec.tombstones?.contains(where: { $0.path == path && $0.isInForce(at: now) }) == true { return true }
        let claimed = own?.spec.claims.count { OwnershipRecord.Tombstone.isLeft(at: $0.path) } ?? 0
        let kept = index.withLock { $0.graveyards(inNamespace: owner.namespace) }.reduce(0) { kept, record in
            let isOwn = record.metadata.name == own?.metadata.name
            return kept
                + (record.spec.tombstones ?? []).count { tombstone in
                    let isOfNamespace = tombstone.namespaceUID.flatMap { uid in namespaceUID.map { $0 == uid } } ?? true
                    return (isOwn || isOfNamespace) && tombstone.isInForce(at: now)
                }
        }
        return kept + claimed < OwnershipRecord.Tombstone.limit
    }

    /// Whether a record claims nothing, and is only there for the names that it reserves.
    package func isReserving(_ record: OwnershipRecord) -> Bool {
        record.spec.claims.isEmpty
            && !(record.spec.tombstones ?? []).filter { $0.isInForce(at: clock.wallTime) }.isEmpty
    }
}

extension OwnershipRecord.Tombstone {
    /// Whether what is given up at a path leaves one: a policy, but for those that are the namespace's own by what their names
    /// say, which nobody else can ask for.
    static func isLeft(at path: String) -> Bool {
        VaultObjectKind(path: path) == .policy && !path.hasPrefix("sys/policies/acl/lanyard.")
    }

    /// Whether tokens of the former owner may live still.
    func isInForce(at now: WallTime) -> Bool {
        // A time that cannot be read is somebody's mistake, and keeps the name.
        until.flatMap(WallTime.init(rfc3339:)).map { $0 > now } ?? true
    }
}

extension OwnershipRecord.Spec {
    /// Reserves the names of policies that were made and are given up.
    mutating func bury(_ paths: Set<String>, at now: WallTime) {
        for claim in claims where paths.contains(claim.path) && OwnershipRecord.Tombstone.isLeft(at: claim.path) {
            let life = claim.tokenSeconds ?? TokenLife.serverDefault
            let until =
                life == TokenLife.endless
                ? nil : WallTime(secondsSince1970: now.secondsSince1970 + Int64(life)).rfc3339
            let known = (tombstones ?? []).filter { $0.path == claim.path && $0.namespaceUID == namespaceUID }
            let longest = (known.map(\.until) + [until]).reduce(until) { longer, other in
                longer.flatMap { longer in other.map { max(longer, $0) } }
            }
            tombstones =
                (tombstones ?? []).filter { !known.contains($0) }
                + [.init(path: claim.path, namespaceUID: namespaceUID, until: longest)]
        }
    }

    /// Drops tombstones whose time is over.
    mutating func dropTombstones(at now: WallTime) {
        let inForce = (tombstones ?? []).filter { $0.isInForce(at: now) }.sorted { $0.path < $1.path }
        tombstones = inForce.isEmpty ? nil : inForce
    }
}
