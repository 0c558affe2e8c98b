import GRPCCore

extension SPIREError {
    /// The error that a failed call to the Workload API means.
    init(workloadCall error: any Error) {
        if error is CancellationError || Task.isCancelled {
            self = .taskCancelled
        } else if let error = error as? SPIREError {
            self = error
        } else if let error = error as? RPCError {
            switch error.code {
            case .permissionDenied:
                self.init(.permissionDenied, "the SPIRE agent has no identity for this process")
            case .unavailable, .deadlineExceeded, .cancelled:
                self.init(.unavailable, "the SPIRE agent cannot be reached")
            case .invalidArgument where error.cause == nil:
                self.init(.invalidArgument, String(error.message.prefix(200)))
            case .invalidArgument:
                self.init(.malformedAnswer, "an answer of the SPIRE agent does not decode")
            default:
                self.init(.serverError, "the SPIRE agent failed with \(StatusCode.name(Int32(error.code.rawValue)))")
            }
        } else {
            self.init(.unavailable, "the connection to the SPIRE agent is not open")
        }
    }
}
