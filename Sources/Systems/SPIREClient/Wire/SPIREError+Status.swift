import LanyardAPI

extension SPIREError {
    /// The error that a status means, of a call or of one item of a batch.
    ///
    /// What the server says is only kept where it is about the entry itself, and then cut to 200 characters: other
    /// texts may carry addresses.
    package init(statusCode: Int32, message: String) {
        switch statusCode {
        case StatusCode.unavailable:
            self.init(.unavailable, "the SPIRE server cannot be reached")
        case StatusCode.deadlineExceeded:
            self.init(.unavailable, "the SPIRE server did not answer in time")
        case StatusCode.cancelled:
            self.init(.unavailable, "the SPIRE server gave the call up")
        case StatusCode.permissionDenied, StatusCode.unauthenticated:
            self.init(.permissionDenied, "the SPIRE server does not take this caller for an admin")
        case StatusCode.invalidArgument:
            self.init(.invalidArgument, String(message.prefix(200)))
        case StatusCode.internalError where message.contains("unable to find federated bundle"):
            self.init(.federatedBundleMissing, String(message.prefix(200)))
        default:
            self.init(.serverError, "the SPIRE server failed with \(StatusCode.name(statusCode))")
        }
    }

    /// The error that the status of one item of a batch means.
    package init(status: Spire_Api_Types_Status) {
        self.init(statusCode: status.code, message: status.message)
    }
}

/// The gRPC status codes that results of batches carry (`google.rpc.Code`).
package enum StatusCode {
    package static let ok: Int32 = 0
    package static let cancelled: Int32 = 1
    package static let invalidArgument: Int32 = 3
    package static let deadlineExceeded: Int32 = 4
    package static let notFound: Int32 = 5
    package static let alreadyExists: Int32 = 6
    package static let permissionDenied: Int32 = 7
    package static let resourceExhausted: Int32 = 8
    package static let failedPrecondition: Int32 = 9
    package static let internalError: Int32 = 13
    package static let unavailable: Int32 = 14
    package static let unauthenticated: Int32 = 16

    /// The name that people know, such as `NOT_FOUND`; the number for a code without one.
    package static func name(_ code: Int32) -> String {
        let names = [
            "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
            "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE",
            "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
        ]
        guard let index = Int(exactly: code), names.indices.contains(index) else { return "\(code)" }
        return names[index]
    }
}

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
