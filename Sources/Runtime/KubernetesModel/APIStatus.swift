/// The `Status` object with which the API server answers errors.
public struct APIStatus: Codable, Equatable, Sendable {
    /// `Failure` or `Success`.
    public var status: String?
    /// The HTTP status.
    public var code: Int?
    /// Machine-readable reason such as `NotFound`, `Conflict`, `Expired`.
    public var reason: String?
    /// A sentence for people.
    public var message: String?
    /// What the error is about.
    public var details: Details?

    /// What is not given is absent.
    public init(
        status: String? = nil, code: Int? = nil, reason: String? = nil, message: String? = nil,
        details: Details? = nil
    ) {
        self.status = status
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
    }

    /// What the error is about.
    public struct Details: Codable, Equatable, Sendable {
        /// The resource that is meant.
        public var kind: String?
        /// The object that is meant.
        public var name: String?
        /// How long the server asks to wait, in seconds.
        public var retryAfterSeconds: Int?
        /// What is wrong, field by field.
        public var causes: [Cause]?

        /// What is not given is absent.
        public init(
            kind: String? = nil, name: String? = nil, retryAfterSeconds: Int? = nil, causes: [Cause]? = nil
        ) {
            self.kind = kind
            self.name = name
            self.retryAfterSeconds = retryAfterSeconds
            self.causes = causes
        }
    }

    /// One cause: a field and what is wrong with it.
    public struct Cause: Codable, Equatable, Sendable {
        /// Machine-readable reason.
        public var reason: String?
        /// A sentence for people.
        public var message: String?
        /// Path of the field.
        public var field: String?

        /// What is not given is absent.
        public init(reason: String? = nil, message: String? = nil, field: String? = nil) {
            self.reason = reason
            self.message = message
            self.field = field
        }
    }
}
