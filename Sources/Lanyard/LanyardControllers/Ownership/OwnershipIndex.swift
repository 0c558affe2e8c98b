package import KubernetesModel
package import LanyardAPI

/// The records and who holds which path, as a value.
struct OwnershipIndex {
    private var records: [String: OwnershipRecord] = [:]
    /// The latest version of anything that was seen.
    private var newest: ResourceVersion?
    /// Whether no complete list was taken yet, or one was older than that.
    private(set) var isInDoubt = true
    /// While somebody reads all records, which of them this process has written since, and in which order.
    private var ownChanges: [String: UInt64] = [:]
    private var lastChange: UInt64 = 0
    private var readers = 0
    /// By path, who claims it in a stored record; one, unless somebody wrote records by hand. The first one holds it.
    private var claimants: [String: [Claimant]] = [:]
    /// By path, the names of the records that have a tombstone on it.
    private var graves: [String: Set<String>] = [:]
    /// By namespace of the owner, the names of the records that have tombstones.
    private var graveyards: [String: Set<String>] = [:]
    /// By namespace of the owner, how many records claim anything.
    private var claiming: [String: Int] = [:]
    /// Paths whose claim is being stored right now.
    private var reservations: [String: OwnershipRecord.Owner] = [:]

    /// A record that claims a path; the earlier claim comes first.
    private struct Claimant: Comparable {
        let claimedAt: String
        let recordName: String

        static func < (left: Claimant, right: Claimant) -> Bool {
            (left.claimedAt, left.recordName) < (right.claimedAt, right.recordName)
        }
    }

    /// Every record, sorted by name.
    var all: [OwnershipRecord] { records.values.sorted { $0.metadata.name < $1.metadata.name } }

    func record(named name: String) -> OwnershipRecord? { records[name] }

    func holder(of path: String) -> OwnershipRecord.Owner? {
        claimants[path]?.first.flatMap { records[$0.recordName]?.spec.owner } ?? reservations[path]
    }

    /// What there is on a path, each with its former owner.
    func tombstones(on path: String) -> [(former: OwnershipRecord.Owner, tombstone: OwnershipRecord.Tombstone)] {
        (graves[path] ?? []).compactMap { records[$0] }.flatMap { record in
            (record.spec.tombstones ?? []).filter { $0.path == path }.map { (former: record.spec.owner, tombstone: $0) }
        }
    }

    /// The records of a namespace's owners, there and gone, that have tombstones.
    func graveyards(inNamespace namespace: String) -> [OwnershipRecord] {
        (graveyards[namespace] ?? []).compactMap { records[$0] }
    }

    /// How many owners of a namespace, there and gone, have something.
    func claimingCount(inNamespace namespace: String) -> Int { claiming[namespace, default: 0] }

    /// Everybody who claims a path.
    func owners(of path: String) -> [OwnershipRecord.Owner] {
        (claimants[path] ?? []).compactMap { records[$0.recordName]?.spec.owner }
            + [reservations[path]].compactMap { $0 }
    }

    /// Begins to read all records.
    ///
    /// - Returns: the moment, for `replace`.
    mutating func beginLoading() -> UInt64 {
        readers += 1
        return lastChange
    }

    /// Ends to read all records.
    mutating func endLoading() {
        readers -= 1
        if readers == 0 { ownChanges = [:] }
    }

    /// Takes a complete, current list, whatever was believed before: its versions may be lower than those that were seen, as
    /// after a restore.
    ///
    /// - Parameters:
    ///   - version: the list's.
    ///   - moment: when the list was asked for; what this process has written since is not in it.
    mutating func replace(with list: [OwnershipRecord], version: ResourceVersion?, newestAt moment: UInt64) {
        let later = Set(ownChanges.filter { $0.value > moment }.keys)
        for name in records.keys where !later.contains(name) { remove(named: name) }
        isInDoubt = false
        newest = version
        for record in list where !later.contains(record.metadata.name) { insert(record) }
        for name in later { advance(to: records[name]?.metadata.resourceVersion) }
    }

    /// Takes notice of the version of a complete list that somebody else has read.
    mutating func observeList(at version: ResourceVersion) {
        if let newest, version.isAtLeast(newest) == false { isInDoubt = true }
        advance(to: version)
    }

    /// Takes what this process has stored.
    mutating func note(_ record: OwnershipRecord) {
        noteChange(of: record)
        observe(record)
    }

    /// Removes what this process has deleted.
    mutating func noteDeletion(of record: OwnershipRecord) {
        noteChange(of: record)
        observeDeletion(of: record)
    }

    private mutating func noteChange(of record: OwnershipRecord) {
        lastChange += 1
        if readers > 0 { ownChanges[record.metadata.name] = lastChange }
    }

    private mutating func advance(to version: ResourceVersion?) {
        guard let version else { return }
        if let newest, version.isAtLeast(newest) == false { return }
        newest = version
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
        let name = record.metadata.name
        remove(named: name)
        records[name] = record
        advance(to: record.metadata.resourceVersion)
        if !record.spec.claims.isEmpty { claiming[record.spec.owner.namespace, default: 0] += 1 }
        for tombstone in record.spec.tombstones ?? [] {
            graves[tombstone.path, default: []].insert(name)
            graveyards[record.spec.owner.namespace, default: []].insert(name)
        }
        for claim in record.spec.claims where claimants[claim.path]?.contains(where: { $0.recordName == name }) != true
        {
            let claimant = Claimant(claimedAt: claim.claimedAt, recordName: name)
            claimants[claim.path] = ((claimants[claim.path] ?? []) + [claimant]).sorted()
        }
    }

    private mutating func remove(named name: String) {
        guard let old = records.removeValue(forKey: name) else { return }
        for tombstone in old.spec.tombstones ?? [] {
            graves[tombstone.path]?.remove(name)
            if graves[tombstone.path]?.isEmpty == true { graves[tombstone.path] = nil }
        }
        let namespace = old.spec.owner.namespace
        if !old.spec.claims.isEmpty {
            claiming[namespace, default: 0] -= 1
            if claiming[namespace] == 0 { claiming[namespace] = nil }
        }
        graveyards[namespace]?.remove(name)
        if graveyards[namespace]?.isEmpty == true { graveyards[namespace] = nil }
        for claim in old.spec.claims {
            let others = claimants[claim.path]?.filter { $0.recordName != name } ?? []
            claimants[claim.path] = others.isEmpty ? nil : others
        }
    }
}

extension OwnershipRecord.Owner {
    /// The owner that an object is in the ledger.
    package init<Object: KubernetesResource>(of object: Object) {
        self.init(
            kind: Object.descriptor.kind, namespace: object.metadata.namespace ?? "", name: object.metadata.name,
            uid: object.metadata.uid ?? "")
    }

    /// Whatever binding has this name.
    init(ofBinding key: ObjectKey) {
        self.init(
            kind: VaultRoleBinding.descriptor.kind, namespace: key.namespace ?? "", name: key.name, uid: "")
    }

    /// The owner, for messages: `VaultRoleBinding shop/web`, `VaultMount database`.
    var title: String { namespace.isEmpty ? "\(kind) \(name)" : "\(kind) \(namespace)/\(name)" }

    /// Whether both name the same object, whatever its UID: claims are inherited by name.
    package func isSameObject(as other: OwnershipRecord.Owner) -> Bool {
        kind == other.kind && namespace == other.namespace && name == other.name
    }
}
