import LanyardAPI

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
