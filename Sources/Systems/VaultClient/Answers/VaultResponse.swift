package import FoundationEssentials
package import KubernetesModel

/// An answer of the server, or of something between the server and us.
package struct VaultResponse: Equatable, Sendable {
    /// The HTTP status.
    package var status: Int
    package var body: Body
    /// How long the server asked to wait.
    package var retryAfter: Duration?
    /// The state of the storage after a write (`X-Vault-Index`).
    package var index: String?

    /// What the body was.
    package enum Body: Equatable, Sendable {
        case empty
        case envelope(VaultEnvelope)
        /// Not an object of the API: an intermediary's page, or cut off.
        case unintelligible
    }

    /// Makes an answer.
    package init(status: Int, body: Body = .empty, retryAfter: Duration? = nil, index: String? = nil) {
        self.status = status
        self.body = body
        self.retryAfter = retryAfter
        self.index = index
    }

    /// Reads an answer as it came.
    ///
    /// - Parameters:
    ///   - header: returns the first value of a header field by its lower-case name.
    package init(status: Int, data: Data, header: (String) -> String?) {
        self.status = status
        if data.isEmpty {
            body = .empty
        } else if let tree = try? JSONValue(parsing: data), let envelope = VaultEnvelope(reading: tree) {
            body = .envelope(envelope)
        } else {
            body = .unintelligible
        }
        // Only the form in seconds: the HTTP-date form would need both clocks to agree. An hour bounds nonsense.
        retryAfter = header("retry-after").flatMap { Int64($0) }.flatMap { $0 >= 0 ? .seconds(min($0, 3600)) : nil }
        index = header("x-vault-index")
    }

    /// The envelope, if the body is one.
    package var envelope: VaultEnvelope? {
        guard case .envelope(let envelope) = body else { return nil }
        return envelope
    }
}

/// What an answer means.
package enum VaultOutcome: Equatable, Sendable {
    /// Done. `data` is nil when the server sent none.
    case success(data: JSONValue?, warnings: [String])
    /// The object does not exist: 404 with an empty list of errors, and nothing else.
    case absent
    case failure(VaultError)
}
