public import KubernetesModel

extension KubernetesError {
    /// Classifies a `Status` object: the body of an error answer, or the object of a watch's `ERROR` event.
    ///
    /// - Parameters:
    ///   - httpStatus: the status of the answer; nil for an `ERROR` event, whose own `code` counts.
    ///   - retryAfter: from the answer's header; the one in the `Status` counts otherwise.
    public init(status: APIStatus, httpStatus: Int? = nil, retryAfter: Duration? = nil) {
        let number = httpStatus ?? status.code ?? 500
        self.init(
            Self.code(number, status), status.message ?? "HTTP \(number)", httpStatus: number, status: status,
            retryAfter: retryAfter ?? status.details?.retryAfterSeconds.flatMap { $0 > 0 ? .seconds($0) : nil })
    }

    /// The kind of failure that an HTTP status means, given what the server says about it.
    static func code(_ httpStatus: Int, _ status: APIStatus?) -> Code {
        switch httpStatus {
        case 401: .unauthorized
        case 403: .forbidden
        case 404: status?.namesAbsentObject == true ? .notFound : .notServed
        case 408: .timeout
        case 409: status?.reason == "AlreadyExists" ? .alreadyExists : .conflict
        case 410: .expired
        case 422: .invalid
        case 429: .tooManyRequests
        case 400...499: .badRequest
        case 500...599: status?.saysResourceVersionTooLarge == true ? .resourceVersionTooLarge : .serverError
        default: .malformedAnswer
        }
    }
}

extension APIStatus {
    /// Whether this says that a certain object does not exist. A 404 for a path that is not served has no name.
    fileprivate var namesAbsentObject: Bool {
        reason == "NotFound" && details?.name?.isEmpty == false
    }

    /// Whether the server has not seen the resource version yet; servers before 1.19 say so only in a cause's message.
    fileprivate var saysResourceVersionTooLarge: Bool {
        details?.causes?.contains {
            $0.reason == "ResourceVersionTooLarge" || $0.message == "Too large resource version"
        } ?? false
    }
}
