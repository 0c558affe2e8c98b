import LanyardAPI

extension Spire_Api_Server_Entry_V1_BatchCreateEntryResponse.Result {
    /// What the result says about one entry to create.
    ///
    /// - Throws: `SPIREError` when the entry was refused or the result makes no sense.
    package func outcome() throws(SPIREError) -> EntryCreation {
        switch status.code {
        case StatusCode.ok:
            guard hasEntry else { throw SPIREError(.malformedAnswer, "a created entry is missing in the answer") }
            return try .created(RegistrationEntry(wire: entry))
        case StatusCode.alreadyExists:
            return hasEntry ? try .similarExists(RegistrationEntry(wire: entry)) : .idTaken
        default:
            throw SPIREError(status: status)
        }
    }
}

extension Spire_Api_Server_Entry_V1_BatchUpdateEntryResponse.Result {
    /// Whether the entry was there to be updated.
    ///
    /// - Throws: `SPIREError` when the update was refused.
    package func outcome() throws(SPIREError) -> Bool {
        switch status.code {
        case StatusCode.ok: return true
        case StatusCode.notFound: return false
        default: throw SPIREError(status: status)
        }
    }
}

extension Spire_Api_Server_Entry_V1_BatchDeleteEntryResponse.Result {
    /// Returns when the entry is gone, whether or not it was there.
    ///
    /// - Throws: `SPIREError` when the deletion was refused.
    package func outcome() throws(SPIREError) {
        switch status.code {
        case StatusCode.ok, StatusCode.notFound: return
        default: throw SPIREError(status: status)
        }
    }
}
