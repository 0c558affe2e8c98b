import FoundationEssentials
import KubernetesModel
import Logging

/// Makes the `Authorization` header.
enum RequestAuthorizer: Sendable {
    case none
    case fixed(header: Secret)
    case tokenFile(TokenFile)

    /// Prepares the source that the credentials name.
    init(
        _ authorization: ClusterCredentials.Authorization?, files: FileReader, clock: any RuntimeClock, logger: Logger
    ) {
        switch authorization {
        case nil:
            self = .none
        case .token(let token):
            self = .fixed(header: Secret("Bearer \(token.revealed)"))
        case .tokenFile(let path):
            self = .tokenFile(TokenFile(path: path, files: files, clock: clock, logger: logger))
        case .basic(let username, let password):
            let encoded = Data("\(username):\(password.revealed)".utf8).base64EncodedString()
            self = .fixed(header: Secret("Basic \(encoded)"))
        }
    }

    /// The header's value; nil for anonymous requests.
    ///
    /// - Throws: `KubernetesError.unauthorized` when there are no credentials to be had.
    func header() throws -> Secret? {
        switch self {
        case .none: nil
        case .fixed(let header): header
        case .tokenFile(let file): Secret("Bearer \(try file.token().revealed)")
        }
    }

    /// Whether another try with other credentials may succeed after the server refused these.
    func renews(after refused: Secret?) -> Bool {
        guard case .tokenFile(let file) = self, let refused else { return false }
        return file.invalidate(Secret(String(refused.revealed.dropFirst("Bearer ".count))))
    }
}
