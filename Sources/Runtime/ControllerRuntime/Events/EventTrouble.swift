import KubernetesClient

/// Whom a failed write of an event concerns.
enum EventTrouble: Equatable, Sendable {
    /// All: the server is out of reach, or has no time for us.
    case server
    /// The event's namespace, as far as one can tell: others' events may well be stored.
    ///
    /// - isAnswer: whether the server answered, so that the event itself may be the reason.
    case namespace(isAnswer: Bool)
    /// This event only, and for good.
    case refusal

    init(_ error: any Error) {
        guard let error = error as? KubernetesError else {
            self = error is DeadlineExceeded ? .namespace(isAnswer: false) : .refusal
            return
        }
        switch error.code {
        case .unreachable, .tooManyRequests, .unauthorized: self = .server
        // What stands before the server has none behind it. A 500 or 504 may be the answer to one request.
        case .serverError where error.status == nil && (error.httpStatus == 502 || error.httpStatus == 503):
            self = .server
        case .timeout: self = .namespace(isAnswer: false)
        case .serverError, .malformedAnswer: self = .namespace(isAnswer: true)
        default: self = .refusal
        }
    }
}
