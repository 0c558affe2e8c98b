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
        } else if let envelope = try? JSON.decode(VaultEnvelope.self, from: data) {
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

/// The JSON object around every answer of the API.
package struct VaultEnvelope: Equatable, Sendable, Decodable {
    /// What went wrong; an empty list with status 404 means that the object is absent.
    package var errors: [String]?
    package var warnings: [String]?
    package var data: JSONValue?
    /// The result of a login or renewal.
    package var auth: VaultAuthentication?
    /// Only in `sys/seal-status`: OpenBao says when its source was committed, Vault says `build_date` instead.
    package var commitDate: String?

    private enum CodingKeys: String, CodingKey {
        case errors, warnings, data, auth
        case commitDate = "commit_date"
    }

    /// What is not given is absent.
    package init(errors: [String]? = nil, data: JSONValue? = nil, warnings: [String]? = nil) {
        self.errors = errors
        self.data = data
        self.warnings = warnings
    }
}

/// The `auth` part of the answer to a login or a renewal.
package struct VaultAuthentication: Equatable, Sendable, Decodable {
    package var clientToken: String
    /// Seconds; 0 = the token does not expire.
    package var leaseDuration: Int64
    package var renewable: Bool
    /// Names of the policies that the token has, from its role and from its entity.
    package var policies: [String]

    private enum CodingKeys: String, CodingKey {
        case clientToken = "client_token"
        case leaseDuration = "lease_duration"
        case renewable, policies
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        clientToken = try container.decode(String.self, forKey: .clientToken)
        leaseDuration = try container.decodeIfPresent(Int64.self, forKey: .leaseDuration) ?? 0
        renewable = try container.decodeIfPresent(Bool.self, forKey: .renewable) ?? false
        policies = try container.decodeIfPresent([String].self, forKey: .policies) ?? []
    }

    /// Makes one, for tests.
    package init(clientToken: String, leaseDuration: Int64, renewable: Bool, policies: [String] = []) {
        self.clientToken = clientToken
        self.leaseDuration = leaseDuration
        self.renewable = renewable
        self.policies = policies
    }
}
