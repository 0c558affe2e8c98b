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
