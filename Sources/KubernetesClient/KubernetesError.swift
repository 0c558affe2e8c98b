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
