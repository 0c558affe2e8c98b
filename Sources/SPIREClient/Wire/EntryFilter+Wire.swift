extension EntryFilter {
    /// Whether no filter is set.
    package var isEmpty: Bool { spiffeID == nil && parentID == nil && selectors == nil }

    /// The filter as the wire has it.
    package var wire: Spire_Api_Server_Entry_V1_ListEntriesRequest.Filter {
        var wire = Spire_Api_Server_Entry_V1_ListEntriesRequest.Filter()
        if let spiffeID { wire.bySpiffeID = spiffeID.wire }
        if let parentID { wire.byParentID = parentID.wire }
        if let selectors { wire.bySelectors = selectors.wireMatch(.matchExact) }
        return wire
    }
}
