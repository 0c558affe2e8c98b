import FoundationEssentials
import KubernetesModel
import Logging
import Metrics

/// Where the credentials of requests come from.
enum RequestAuthorizer: Sendable {
    case none
    case fixed(header: Secret)
    case tokenFile(TokenFile)
    case plugin(ExecCredentials)

    /// Prepares the source that the configuration names.
    init(
        _ configuration: ClusterConfiguration, environment: Environment, files: FileReader,
        processes: ProcessRunner, metrics: any MetricsFactory, logger: Logger
    ) {
        switch configuration.credentials.authorization {
        case nil:
            self = .none
        case .token(let token):
            self = .fixed(header: Secret("Bearer \(token.revealed)"))
        case .tokenFile(let path):
            self = .tokenFile(TokenFile(path: path, files: files, clock: environment.clock, logger: logger))
        case .basic(let username, let password):
            let encoded = Data("\(username):\(password.revealed)".utf8).base64EncodedString()
            self = .fixed(header: Secret("Basic \(encoded)"))
        case .plugin(let plugin):
            self = .plugin(
                ExecCredentials(
                    plugin, cluster: ExecClusterInfo(configuration, files: files), environment: environment,
                    processes: processes, metrics: metrics, logger: logger))
        }
    }

    /// The credentials of now; nothing for anonymous requests.
    ///
    /// - Throws: `KubernetesError.unauthorized` when there are none to be had, `CancellationError`.
    func credentials() async throws -> RequestCredentials {
        switch self {
        case .none: RequestCredentials()
        case .fixed(let header): RequestCredentials(header: header)
        case .tokenFile(let file): RequestCredentials(header: Secret("Bearer \(try file.token().revealed)"))
        case .plugin(let plugin): try await plugin.credentials()
        }
    }

    /// Whether another try with other credentials may succeed after the server refused these.
    func renews(after refused: RequestCredentials) -> Bool {
        switch self {
        case .none, .fixed: return false
        case .tokenFile(let file):
            guard let header = refused.header else { return false }
            return file.invalidate(Secret(String(header.revealed.dropFirst("Bearer ".count))))
        case .plugin(let plugin): return plugin.invalidate(refused)
        }
    }
}
