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

    /// Whether a record claims nothing, and is only there for the names that it reserves.
    package func isReserving(_ record: OwnershipRecord) -> Bool {
        record.spec.claims.isEmpty
            && !(record.spec.tombstones ?? []).filter { $0.isInForce(at: clock.wallTime) }.isEmpty
    }
}

extension OwnershipRecord.Tombstone {
    /// Whether tokens of the former owner may live still.
    func isInForce(at now: WallTime) -> Bool {
        // A time that cannot be read is somebody's mistake, and keeps the name.
        until.flatMap(WallTime.init(rfc3339:)).map { $0 > now } ?? true
    }
}

extension OwnershipRecord.Spec {
    /// Gives up claims of what was made. The names of policies stay reserved, but for those that are the namespace's own by
    /// what they say: nobody else can ask for them.
    mutating func bury(_ paths: Set<String>, at now: WallTime) {
        for claim in claims where paths.contains(claim.path) && VaultObjectKind(path: claim.path) == .policy {
            guard !claim.path.hasPrefix("sys/policies/acl/lanyard.") else { continue }
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
        claims.removeAll { paths.contains($0.path) }
    }

    /// Drops tombstones whose time is over.
    mutating func dropTombstones(at now: WallTime) {
        let inForce = (tombstones ?? []).filter { $0.isInForce(at: now) }.sorted { $0.path < $1.path }
        tombstones = inForce.isEmpty ? nil : inForce
    }
}
