import KubernetesModel
package import LanyardAPI

/// Which ownership records are left over from owners that are gone, for example because somebody took their finalizer
/// away (threats T27, T37, T42), by the rule of all sweeps (`SweepRule`). Pure; the caller reads and deletes.
package struct SweepPlan: Equatable, Sendable {
    /// Records that had no owner in earlier sweeps either: what they name is cleaned up now. Sorted by name.
    package var abandoned: [OwnershipRecord]
    /// Records without owner now, and how many sweeps have found them so; the next one wants to know.
    package var suspects: [Suspect: Int]
    /// Why nothing that is claimed, or nothing of some namespaces, is cleaned up though records are abandoned.
    package var refusal: String?
    /// How many records without owner are held for that.
    package var held = 0

    /// A record that has no owner. One that was written anew since is another one.
    package struct Suspect: Hashable, Sendable {
        fileprivate let name: String
        fileprivate let uid: String
    }

    /// An owner that there is.
    package struct OwnerName: Hashable, Sendable {
        fileprivate let kind: String
        fileprivate let namespace: String
        fileprivate let name: String
        fileprivate let uid: String?

        /// Names an owner that the API server has.
        ///
        /// - Parameter uid: its UID. A namesake that inherits takes the record in its own name with its first pass; one that
        ///   does not, as it is refused or waits, keeps nothing. Nil where whoever has the name inherits without more ado.
        package init(kind: String, namespace: String, name: String, uid: String?) {
            self.kind = kind
            self.namespace = namespace
            self.name = name
            self.uid = uid
        }

        /// The kinds of which there is an owner.
        package static func kinds(of owners: Set<OwnerName>) -> Set<String> { Set(owners.map(\.kind)) }
    }

    /// Judges each record whose kind and namespace were listed.
    ///
    /// - Parameters:
    ///   - records: all records.
    ///   - kinds: the kinds of owners that were listed; records of others are not judged.
    ///   - namespaces: those that were listed; none when all were. Records of others are not judged.
    ///   - owners: the complete list of the API server, which was read after the records.
    ///   - doubtful: kinds whose list, should it be empty, may come from a fault, because reading it failed before.
    ///   - previous: the suspects of the sweep before; empty when that failed.
    ///   - counts: whether this look is one in the succession, and does not only try again what has failed.
    package static func make(
        records: [OwnershipRecord], kinds: Set<String>, namespaces: Set<String>, owners: Set<OwnerName>,
        doubtful: Set<String>, previous: [Suspect: Int], counts: Bool = true
    ) -> SweepPlan {
        let judged = records.filter { record in
            let owner = record.spec.owner
            // Owners without namespace are listed in any case.
            return kinds.contains(owner.kind)
                && (namespaces.isEmpty || namespaces.contains(owner.namespace) || owner.namespace.isEmpty)
        }
        // One kind at a time: that there are mounts says nothing about bindings.
        let vanished = doubtful.subtracting(OwnerName.kinds(of: owners))
        if let kind = judged.map(\.spec.owner.kind).first(where: vanished.contains) {
            return SweepPlan(
                abandoned: [], suspects: [:], refusal: "there is no \(kind) at all, after a list that failed",
                held: judged.count { $0.spec.owner.kind == kind })
        }
        let ownerless = judged.filter { record in
            let owner = record.spec.owner
            return [owner.uid, nil].allSatisfy { uid in
                !owners.contains(OwnerName(kind: owner.kind, namespace: owner.namespace, name: owner.name, uid: uid))
            }
        }
        // Records that claim nothing do not count: nothing in Vault goes with them, and tombstones may end together.
        var losing: [Suspect: String] = [:]
        for record in ownerless where !record.spec.claims.isEmpty {
            losing[suspect(record)] = record.spec.owner.namespace
        }
        var claiming: [String: Int] = [:]
        for record in judged where !record.spec.claims.isEmpty {
            claiming[record.spec.owner.namespace, default: 0] += 1
        }
        let free = Set(ownerless.filter(\.spec.claims.isEmpty).map(suspect))
        let judgement = SweepRule.judge(
            ownerless: losing, free: free, among: claiming, after: previous, counts: counts)
        let abandoned = ownerless.filter { judgement.gone.contains(suspect($0)) }
            .sorted { $0.metadata.name < $1.metadata.name }
        var plan = SweepPlan(abandoned: abandoned, suspects: judgement.seen)
        if let excess = judgement.excess {
            plan.refusal =
                "\(excess.count) of \(excess.total) records have no owner, \(excess.reason); \(excess.consequence)"
            plan.held = excess.held
        }
        return plan
    }

    /// Whether a record has been without owner for so many sweeps that no namesake is waited for: else one that is made anew
    /// before each of them would keep, without ever taking it over, what the owner had.
    package func isOverdue(_ record: OwnershipRecord) -> Bool {
        suspects[Self.suspect(record), default: 0] >= SweepRule.lastLook
    }

    private static func suspect(_ record: OwnershipRecord) -> Suspect {
        Suspect(name: record.metadata.name, uid: record.metadata.uid ?? "")
    }
}
