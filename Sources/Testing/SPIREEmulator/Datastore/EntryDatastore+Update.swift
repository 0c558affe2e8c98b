import SPIREClient

extension EntryDatastore {
    /// Updates entries one by one. Similarity is not checked: an update can make two entries alike.
    ///
    /// - Parameters:
    ///   - inputMask: Fields to change; nil is all of them.
    ///   - outputMask: Fields of the results; nil is all of them.
    package mutating func update(
        _ entries: [WireEntry], inputMask: WireMask?, outputMask: WireMask?
    ) -> [UpdateResult] {
        entries.map { entry in
            var result = UpdateResult()
            do throws(CallFailure) {
                let stored = try update(entry, mask: inputMask ?? .all)
                guard let wire = stored.written else { throw CallFailure.internalError("failed to convert entry") }
                result.status = .ok
                result.entry = wire.masked(outputMask)
            } catch {
                result.status = error.status
            }
            return result
        }
    }

    private mutating func update(_ wire: WireEntry, mask: WireMask) throws(CallFailure) -> StoredEntry {
        let change = try EntryRules(ids: ids).convert(wire, mask: mask)
        do throws(CallFailure) {
            try checkFault()
            guard let row = rowsByID[change.id], var entry = rows[row] else { throw CallFailure.notFound("") }
            entry.take(mask, from: change)
            try EntryRules.check(changed: entry, mask: mask)
            if mask.federatesWith { try checkBundles(of: entry) }
            try checkDuplicates(in: entry)
            entry.revisionNumber += 1
            try save(.stored(row: row, entry: entry))
            put(entry, at: row)
            return entry
        } catch {
            switch error.code {
            // The inner text is not reported.
            case StatusCode.notFound: throw .notFound("failed to update entry")
            case StatusCode.invalidArgument: throw error.wrapped("failed to update entry")
            default: throw .internalError("failed to update entry: \(error.message)")
            }
        }
    }
}
