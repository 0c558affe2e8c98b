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

    /// Whether the record of an owner has room for a name, which it keeps when the owner gives that up. What is claimed has its
    /// room already: a record that were full could never be let go of.
    func hasRoom(for path: String, of owner: OwnershipRecord.Owner) -> Bool {
        guard OwnershipRecord.Tombstone.isLeft(at: path), let spec = record(of: owner)?.spec else { return true }
        let now = clock.wallTime
        let claimed = spec.claims.count { OwnershipRecord.Tombstone.isLeft(at: $0.path) }
        return (spec.tombstones ?? []).count { $0.isInForce(at: now) } + claimed < OwnershipRecord.Tombstone.limit
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
