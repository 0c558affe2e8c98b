import LanyardAPI
package import SPIREClient

extension EntryDatastore {
    /// One page of entries, or all of them when no page size is given. Malformed entries are left out.
    ///
    /// A page that is not empty always has a token, even the last one; only an empty page has none.
    ///
    /// - Throws: `CallFailure` with the status of the call.
    package func list(
        _ request: Spire_Api_Server_Entry_V1_ListEntriesRequest
    ) throws(CallFailure) -> Spire_Api_Server_Entry_V1_ListEntriesResponse {
        let query = try request.hasFilter ? EntryQuery(request.filter, ids: ids) : EntryQuery()
        do { try checkFault() } catch { throw error.wrapped("failed to list entries") }
        var found: [Int64]
        var response = Spire_Api_Server_Entry_V1_ListEntriesResponse()
        if request.pageSize > 0 {
            var last: Int64 = 0
            if !request.pageToken.isEmpty {
                guard let row = Int64(request.pageToken), row >= 0 else {
                    throw .internalError("failed to list entries: could not parse token '\(request.pageToken)'")
                }
                last = row
            }
            found = page(of: query, after: last, size: Int(request.pageSize))
            // The page is cut before this filter, so it can come out empty early.
            if query.isDownstreamOnly { found.removeAll { rows[$0]?.downstream != true } }
            response.nextPageToken = found.last.map(String.init) ?? ""
        } else {
            found = all(of: query)
        }
        let mask = request.hasOutputMask ? request.outputMask : nil
        response.entries = found.compactMap { rows[$0]?.wire?.masked(mask) }
        return response
    }

    /// How many entries match.
    ///
    /// - Throws: `CallFailure` with the status of the call.
    package func count(_ request: Spire_Api_Server_Entry_V1_CountEntriesRequest) throws(CallFailure) -> Int32 {
        let query = try request.hasFilter ? EntryQuery(request.filter, ids: ids) : EntryQuery()
        do { try checkFault() } catch { throw error.wrapped("failed to count entries") }
        return Int32(clamping: all(of: query).count)
    }

    private func all(of query: EntryQuery) -> [Int64] {
        candidates(for: query).filter { row in
            guard let entry = rows[row], query.matches(entry) else { return false }
            return !query.isDownstreamOnly || entry.downstream
        }
    }

    private func page(of query: EntryQuery, after last: Int64, size: Int) -> [Int64] {
        let candidates = candidates(for: query)
        var found: [Int64] = []
        for row in candidates[firstIndex(in: candidates, after: last)...] {
            guard let entry = rows[row], query.matches(entry) else { continue }
            found.append(row)
            if found.count == size { break }
        }
        return found
    }

    /// Rows among which the matches are, ascending.
    private func candidates(for query: EntryQuery) -> [Int64] {
        guard let spiffeID = query.spiffeID else { return order }
        return (rowsBySPIFFEID[spiffeID] ?? []).sorted()
    }

    /// Index of the first of some ascending rows that comes after a row.
    private func firstIndex(in rows: [Int64], after row: Int64) -> Int {
        var low = 0
        var high = rows.count
        while low < high {
            let middle = low + (high - low) / 2
            if rows[middle] <= row { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension EntryDatastore {
    /// The entries that an agent serves, in the order of their creation: those parented to it, to an alias
    /// that matches it, or to the SPIFFE ID of an entry that it serves. Aliases themselves are not served.
    ///
    /// - Parameters:
    ///   - agentID: `spiffe://…`.
    ///   - selectors: Those of the agent if its SVID is good; nil when it is not, which leaves no alias.
    package func authorizedEntries(agentID: String, selectors: [StoredEntry.Selector]?) -> [StoredEntry] {
        let aliasParent = "spiffe://\(trustDomain.name)/spire/server"
        var parents: Set<String> = [agentID]
        if let selectors {
            let known = Set(selectors)
            for row in order {
                guard let entry = rows[row], entry.parentID == aliasParent else { continue }
                if known.isSuperset(of: entry.selectors) { parents.insert(entry.spiffeID) }
            }
        }
        let children = Dictionary(grouping: order) { rows[$0]?.parentID ?? "" }
        var found: Set<Int64> = []
        var open = Array(parents)
        while let parent = open.popLast() {
            for row in children[parent] ?? [] where parent != aliasParent && found.insert(row).inserted {
                guard let entry = rows[row], parents.insert(entry.spiffeID).inserted else { continue }
                open.append(entry.spiffeID)
            }
        }
        return found.sorted().compactMap { rows[$0] }
    }
}
