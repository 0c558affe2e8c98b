/// A program that gives credentials (the `exec` section of a kubeconfig's user).
public struct ExecPlugin: Equatable, Sendable {
    /// The version of the `client.authentication.k8s.io` API that it speaks.
    public var version: Version
    /// A path, or a name that is looked for in `PATH`.
    public var command: String
    /// Its arguments.
    public var arguments: [String]
    /// Variables besides those of this process.
    public var variables: [String: Secret]
    /// What to tell people who do not have the program.
    public var installHint: String?
    /// Whether it is told which cluster it is called for.
    public var providesClusterInfo: Bool
    /// What the kubeconfig has for it in the cluster's extensions, as JSON.
    public var clusterExtension: Secret?

    /// Versions of the API.
    public enum Version: String, Sendable {
        case v1 = "client.authentication.k8s.io/v1"
        case v1beta1 = "client.authentication.k8s.io/v1beta1"
    }

    /// Describes a plugin.
    public init(
        version: Version, command: String, arguments: [String] = [], variables: [String: Secret] = [:],
        installHint: String? = nil, providesClusterInfo: Bool = false, clusterExtension: Secret? = nil
    ) {
        self.version = version
        self.command = command
        self.arguments = arguments
        self.variables = variables
        self.installHint = installHint
        self.providesClusterInfo = providesClusterInfo
        self.clusterExtension = clusterExtension
    }
}
