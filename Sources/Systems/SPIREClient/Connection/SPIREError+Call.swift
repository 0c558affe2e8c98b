package import GRPCCore

extension SPIREError {
    /// The caller's task was cancelled.
    static var taskCancelled: SPIREError { SPIREError(.cancelled, "the task was cancelled") }

    /// The error that a failed call means.
    package init(call error: any Error) {
        if error is CancellationError || Task.isCancelled {
            self = .taskCancelled
        } else if let error = error as? SPIREError {
            self = error
        } else if let error = error as? RPCError {
            self.init(rpc: error)
        } else {
            self.init(.unavailable, "the connection to the SPIRE server is not open")
        }
    }

    private init(rpc error: RPCError) {
        if error.isAnswerTooLarge {
            self.init(.serverError, "an answer of the SPIRE server is too large")
        } else if error.code == .invalidArgument, error.cause != nil {
            // Only errors that were made here have a cause: the answer did not decode.
            self.init(.malformedAnswer, "an answer of the SPIRE server does not decode")
        } else {
            self.init(statusCode: Int32(error.code.rawValue), message: error.message)
        }
    }
}

extension RPCError {
    /// Whether the answer exceeded the size that a message may have.
    ///
    /// The transport reports its own limit as an internal error that carries the text of the decoder's error.
    package var isAnswerTooLarge: Bool {
        code == .resourceExhausted
            || (code == .internalError && message.hasPrefix("Failed to decode message")
                && message.contains("maximum payload size"))
    }
}
