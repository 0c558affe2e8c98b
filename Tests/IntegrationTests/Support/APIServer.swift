import KubernetesClient
import KubernetesModel
import Testing

/// The API servers of the environment.
enum APIServer: CaseIterable, Sendable, CustomTestStringConvertible {
    /// The one with all kinds, of whatever version.
    case whole
    /// The one of current Kubernetes, which has custom resources and nothing else: no namespaces either.
    case customResources

    var testDescription: String {
        switch self {
        case .whole: "kube-apiserver"
        case .customResources: "apiextensions-apiserver"
        }
    }

    /// Whether a namespace has to be made before anything can be in it.
    var hasNamespaces: Bool { self == .whole }

    /// How its administrator reaches it.
    ///
    /// - Throws: `TestEnvironment.Missing` where the environment does not say where it is, which fails the test.
    func configuration(_ environment: TestEnvironment) throws -> ClusterConfiguration {
        switch self {
        case .whole:
            try ClusterConfiguration.load(kubeconfig: environment.kubeconfig, environment: .system)
        case .customResources:
            ClusterConfiguration(
                server: try environment.variable("CRDS_APISERVER_URL"),
                certificateAuthority: .file(path: try environment.variable("CRDS_CA_FILE")),
                credentials: ClusterCredentials(
                    authorization: .token(Secret(try environment.variable("KUBE_ADMIN_TOKEN")))))
        }
    }

    /// The port on loopback at which it listens, for a proxy in between.
    func port(_ environment: TestEnvironment) throws -> Int {
        let address = try configuration(environment).server
        return try #require(address.split(separator: ":").last.flatMap { Int($0) })
    }
}
