import LanyardAPI

extension ListedEntry {
    /// Reads an item of a listing.
    package init(wire: Spire_Api_Types_Entry, content: EntryPageRequest.Content) {
        self.init(
            id: wire.id, revisionNumber: wire.revisionNumber, createdAt: wire.createdAt, content: .revision)
        guard content == .entries else { return }
        do {
            self.content = .entry(try RegistrationEntry(wire: wire))
        } catch {
            self.content = .unreadable
        }
    }
}

extension Spire_Api_Server_Entry_V1_ListEntriesRequest {
    /// Asks for a page.
    package init(_ request: EntryPageRequest) {
        self.init()
        if !request.filter.isEmpty { filter = request.filter.wire }
        if request.content == .revisions {
            outputMask.revisionNumber = true
            outputMask.createdAt = true
        }
        pageSize = request.position.size
        pageToken = request.position.token
    }
}
