public import KubernetesModel

/// Why the API server did not do what it was asked.
public struct KubernetesError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kind of failure; switch on this, never on text.
    public var code: Code
    /// What happened, without addresses, tokens and request ids.
    public var message: String
    /// The HTTP status, when there was an answer.
    public var httpStatus: Int?
    /// The server's own description, when it sent one.
    public var status: APIStatus?
    /// How long the server asked to wait.
    public var retryAfter: Duration?

    /// The message is for people: whoever decides looks at the code.
    public init(
        _ code: Code, _ message: String, httpStatus: Int? = nil, status: APIStatus? = nil,
        retryAfter: Duration? = nil
    ) {
        self.code = code
        self.message = message
        self.httpStatus = httpStatus
        self.status = status
        self.retryAfter = retryAfter
    }

    /// Code and message.
    public var description: String { "\(code): \(message)" }

    /// What callers decide by.
    public enum Code: String, Sendable, CustomStringConvertible {
        /// No connection, broken connection, TLS failure.
        case unreachable
        /// The deadline passed.
        case timeout
        /// 401.
        case unauthorized
        /// 403.
        case forbidden
        /// 404 with a `Status` that names the object: the object is absent.
        case notFound
        /// 404 without such a `Status`: the path is not served (the kind does not exist).
        case notServed
        /// 409 `AlreadyExists`.
        case alreadyExists
        /// 409 otherwise: somebody else was faster, or a precondition failed.
        case conflict
        /// 410, or an expired continue token or watch.
        case expired
        /// The server has not yet seen the resource version that was asked for.
        case resourceVersionTooLarge
        /// 422.
        case invalid
        /// 400.
        case badRequest
        /// 429.
        case tooManyRequests
        /// 5xx.
        case serverError
        /// An answer that cannot be understood.
        case malformedAnswer

        /// Code and message.
        public var description: String { rawValue }
    }
}

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

/// Runs an operation that may take only so long.
enum Deadline {
    /// The result of the operation.
    ///
    /// - Throws: `KubernetesError.timeout` when time is up; the operation is cancelled then and waited for.
    static func run<Success: Sendable>(
        within timeout: Duration, clock: any RuntimeClock, _ operation: @escaping @Sendable () async throws -> Success
    ) async throws -> Success {
        try await clock.limit(timeout, operation) { interruption -> any Error in
            guard interruption == .timeIsUp else { return CancellationError() }
            return KubernetesError(.timeout, "no answer within \(KubernetesDuration.format(timeout))")
        }
    }
}
