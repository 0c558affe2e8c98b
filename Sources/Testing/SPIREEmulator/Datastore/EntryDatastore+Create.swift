import LanyardAPI
import SPIREClient

extension EntryDatastore {
    /// Creates entries one by one, each for itself.
    ///
    /// - Parameters:
    ///   - outputMask: Fields of the results; nil is all of them.
    ///   - now: Seconds since 1970.
    package mutating func create(_ entries: [WireEntry], outputMask: WireMask?, now: Int64) -> [CreateResult] {
        entries.map { entry in
            var result = CreateResult()
            do throws(CallFailure) {
                let (stored, isNew) = try create(entry, now: now)
                result.status = isNew ? .ok : Self.similarEntryExists.status
                guard let wire = isNew ? stored.written : stored.wire else {
                    throw CallFailure.internalError("failed to convert entry")
                }
                result.entry = wire.masked(outputMask)
            } catch {
                result.status = error.status
            }
            return result
        }
    }

    private mutating func create(
        _ wire: WireEntry, now: Int64
    ) throws(CallFailure) -> (entry: StoredEntry, isNew: Bool) {
        var entry = try EntryRules(ids: ids).convert(wire, mask: .all)
        do throws(CallFailure) {
            try EntryRules.check(new: entry)
            try EntryRules.check(customID: entry.id)
            try checkFault()
            if let similar = similar(to: entry) { return (similar, false) }
            if entry.id.isEmpty { entry.id = makeID() }
            guard rowsByID[entry.id] == nil else { throw Self.uniqueConstraint }
            try checkBundles(of: entry)
            try checkDuplicates(in: entry)
            entry.createdAt = now
            try save(.stored(row: nextRow, entry: entry))
        } catch {
            throw error.wrapped("failed to create entry")
        }
        put(entry, at: nextRow)
        return (entry, true)
    }

    /// The oldest entry with the same SPIFFE ID, parent and set of selectors.
    private func similar(to entry: StoredEntry) -> StoredEntry? {
        let selectors = Set(entry.selectors)
        for row in (rowsBySPIFFEID[entry.spiffeID] ?? []).sorted() {
            if let other = rows[row], other.parentID == entry.parentID, Set(other.selectors) == selectors {
                return other
            }
        }
        return nil
    }

    /// - Throws: `CallFailure` with `INTERNAL` when a bundle is not stored: a plain error of the real server.
    func checkBundles(of entry: StoredEntry) throws(CallFailure) {
        for name in entry.federatesWith where name != trustDomain.name && bundles[name] == nil {
            throw .internalError("unable to find federated bundle \"spiffe://\(name)\"")
        }
    }

    /// - Throws: `CallFailure` with `ALREADY_EXISTS` when a selector or a DNS name is there twice.
    func checkDuplicates(in entry: StoredEntry) throws(CallFailure) {
        guard Set(entry.selectors).count == entry.selectors.count,
            Set(entry.dnsNames).count == entry.dnsNames.count
        else { throw Self.uniqueConstraint }
    }

    private static var similarEntryExists: CallFailure {
        CallFailure(StatusCode.alreadyExists, "similar entry already exists")
    }

    private static var uniqueConstraint: CallFailure {
        CallFailure(StatusCode.alreadyExists, "datastore-sql: UNIQUE constraint failed")
    }
}
