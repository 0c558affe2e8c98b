import KubernetesModel
import LanyardAPI

/// The records and who holds which path, as a value.
struct OwnershipIndex {
    private var records: [String: OwnershipRecord] = [:]
    private var holders: [String: OwnershipRecord.Owner] = [:]
    /// Paths whose claim is being stored right now.
    private var reservations: [String: OwnershipRecord.Owner] = [:]

    func record(named name: String) -> OwnershipRecord? { records[name] }

    func holder(of path: String) -> OwnershipRecord.Owner? { holders[path] ?? reservations[path] }

    /// Takes a complete, current list.
    mutating func replace(with list: [OwnershipRecord]) {
        records = [:]
        holders = [:]
        for record in list { insert(record) }
    }

    /// Takes a record unless a later version is known.
    mutating func observe(_ record: OwnershipRecord) {
        if let knownVersion = records[record.metadata.name]?.metadata.resourceVersion,
            let version = record.metadata.resourceVersion, version.isAtLeast(knownVersion) == false
        {
            return
        }
        insert(record)
    }

    /// Removes a record unless another one of the name is known.
    mutating func observeDeletion(of record: OwnershipRecord) {
        guard let known = records[record.metadata.name], known.metadata.uid == record.metadata.uid else { return }
        remove(named: record.metadata.name)
    }

    /// Takes what a point read found.
    mutating func reload(_ record: OwnershipRecord?, named name: String) {
        remove(named: name)
        if let record { insert(record) }
    }

    /// Reserves the paths that are free and not yet the owner's, and says who has the others.
    mutating func reserve(
        _ paths: [String], for owner: OwnershipRecord.Owner
    ) -> (reserved: [String], held: [String: OwnershipRecord.Owner]) {
        var reserved: [String] = []
        var held: [String: OwnershipRecord.Owner] = [:]
        for path in paths {
            switch holder(of: path) {
            case nil:
                reservations[path] = owner
                reserved.append(path)
            case .some(let holder) where holder.isSameObject(as: owner):
                continue
            case .some(let holder):
                held[path] = holder
            }
        }
        return (reserved, held)
    }

    /// Ends reservations; what was stored meanwhile is held by its record.
    mutating func cancelReservations(_ paths: [String], of owner: OwnershipRecord.Owner) {
        for path in paths where reservations[path] == owner { reservations[path] = nil }
    }

    private mutating func insert(_ record: OwnershipRecord) {
        remove(named: record.metadata.name)
        records[record.metadata.name] = record
        for claim in record.spec.claims where holders[claim.path] == nil { holders[claim.path] = record.spec.owner }
    }

    private mutating func remove(named name: String) {
        guard let old = records.removeValue(forKey: name) else { return }
        for claim in old.spec.claims where holders[claim.path] == old.spec.owner { holders[claim.path] = nil }
    }
}

extension OwnershipRecord.Owner {
    /// Whether both name the same object, whatever its UID: claims are inherited by name.
    func isSameObject(as other: OwnershipRecord.Owner) -> Bool {
        kind == other.kind && namespace == other.namespace && name == other.name
    }
}
