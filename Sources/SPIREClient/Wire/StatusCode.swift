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
